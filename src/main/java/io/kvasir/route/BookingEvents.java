package io.kvasir.route;

import io.kvasir.pool.PickReason;
import io.kvasir.request.Request;
import io.kvasir.schedule.Explanation;
import io.kvasir.traffic.AppliedRules;
import org.jspecify.annotations.Nullable;

/** Tells whoever listens what becomes of one booked request. Where nobody does, nothing is made. */
final class BookingEvents {
    private final Router router;
    private final Passage passage;
    private final long id;
    private final long startNanos;
    private @Nullable Explanation explanation;
    private final @Nullable RequestTrace trace;

    /** @param startNanos when the decision began */
    BookingEvents(Router router, Passage passage, long startNanos) {
        this.router = router;
        this.passage = passage;
        this.startNanos = startNanos;
        id = router.events().nextId();
        trace = passage.hints().keptTrace();
    }

    long id() {
        return id;
    }

    /** How it was decided. */
    void explained(Explanation by) {
        explanation = by;
    }

    /** Whether somebody is to be told of that. */
    boolean wants(RouterEvent.Kind kind) {
        return trace != null || router.events().wants(kind);
    }

    /** It was decided. */
    void decided(Request asked, AppliedRules rules, Booking booking) {
        if (wants(RouterEvent.Kind.DECIDED)) {
            router.publish(
                    new RouterEvent.Decided(
                            router.nanoTime(),
                            id,
                            asked,
                            booking.request(),
                            rules,
                            booking.decision(),
                            booking.placement().prediction(),
                            passage.reading().tokens(),
                            explanation),
                    trace);
            // a booking outlasts who listens
            explanation = null;
        }
    }

    /** It was placed. */
    void placed(PlacedWork at, PickReason reason) {
        if (wants(RouterEvent.Kind.PLACED)) {
            router.publish(
                    new RouterEvent.Placed(
                            at.placement().placedNanos(),
                            id,
                            at.endpoint(),
                            reason,
                            at.placement().prediction()),
                    trace);
        }
        indexChanged(at, RouterEvent.IndexChange.ROUTED);
    }

    /** What is believed of the endpoint's cache has changed. */
    void indexChanged(PlacedWork at, RouterEvent.IndexChange change) {
        if (router.events().wants(RouterEvent.Kind.INDEX_CHANGED)) {
            router.events()
                    .publish(new RouterEvent.IndexChanged(
                            router.nanoTime(),
                            at.endpoint(),
                            change,
                            passage.request().promptTokens()));
        }
    }

    /** It is over. */
    void ended(PlacedWork at, Outcome outcome, RouterEvent.Usage usage, long answerBytes) {
        if (at.isPlaced() && wants(RouterEvent.Kind.ENDED)) {
            var last = at.placement();
            router.publish(
                    new RouterEvent.Ended(
                            router.nanoTime(),
                            id,
                            at.endpoint(),
                            outcome,
                            last.prediction(),
                            new RouterEvent.Times(startNanos, last.placedNanos(), last.firstNanos()),
                            usage,
                            answerBytes,
                            at.reuse()),
                    trace);
        }
    }
}
