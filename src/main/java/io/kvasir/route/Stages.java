package io.kvasir.route;

import io.kvasir.admission.Stay;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.cost.Work;
import io.kvasir.request.Refusal;
import io.kvasir.request.Request;
import io.kvasir.traffic.AppliedRules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests whose keys are made through the stages that follow: find who keeps what it is about, admit, schedule and
 * book. Each may make the request wait, and goes on from there when the wait is over.
 */
final class Stages {
    /** Tokens of output that are expected at most, whatever a client asks for. */
    private static final int MOST_EXPECTED = 131_072;

    private final Router router;
    private final Scheduling scheduling;
    private final Scheduling.UnlistedWait listsWait = this::awaitLists;
    private final ThreadLocal<Arriving> arrivals = ThreadLocal.withInitial(() -> new Arriving(this));

    Stages(Router router, Scheduling scheduling) {
        this.router = router;
        this.scheduling = scheduling;
    }

    /**
     * A request whose body was read enters.
     *
     * @param waiter who can wait for the decision; null where it has to be made at once, and is no {@link Waiting} then
     */
    Routing enter(Reading reading, Request read, RoutingHints hints, @Nullable Waiter waiter) {
        long start = router.nanoTime();
        var asked = router.traffic().objectives().withSlo(read);
        try {
            var model = scheduling.resolve(asked, hints);
            if (model.refusal() != null) {
                reading.abandon();
                return settled(asked, model.rules(), hints, new Routing.Refused(model.refusal()), start);
            }
            var request = scheduling.measured(asked, model.model());
            var passage =
                    new Passage(reading, asked, hints, model.rules(), model.model(), request, waiter, Stay.UNHEARD);
            var searching = waiter == null ? null : search(passage, waiter);
            return searching != null ? searching : settled(passage, read(passage, null, start), start);
        } catch (RuntimeException e) {
            reading.abandon();
            throw e;
        }
    }

    /** What the request waited for has come, or is waited for no longer. */
    Routing resume(Waiting waiting, Passage passage) {
        router.counts().waits().end(waiting.reason());
        long start = router.nanoTime();
        try {
            var routing = switch (waiting.reason()) {
                case HOLDER -> read(passage, waiting, start);
                case TOKENS -> admit(waiting.tokens().found(passage), waiting, start);
                case ADMISSION ->
                    switch (waiting.ticket().end()) {
                        case Ticket.End.LetGo _ -> schedule(passage, waiting, start);
                        case Ticket.End.Refused(var refusal) -> refused(passage, refusal);
                        case Ticket.End.Expired _ ->
                            refused(passage, router.admission().expired(passage.stay()));
                        case Ticket.End.Cancelled _ -> admit(passage.staying(Stay.UNHEARD), waiting, start);
                        case null -> throw new IllegalStateException("the request still waits");
                    };
                case MODEL_LISTS -> schedule(passage, waiting, start);
            };
            return settled(passage, routing, start);
        } catch (RuntimeException e) {
            passage.reading().abandon();
            throw e;
        }
    }

    /** Its caller has gone. */
    void cancelled(Waiting waiting, Passage passage) {
        router.counts().waits().cancel(waiting.reason());
        passage.reading().abandon();
        boolean letIn = switch (waiting.reason()) {
            case HOLDER, TOKENS -> false;
            case ADMISSION -> waiting.ticket().end() instanceof Ticket.End.LetGo;
            case MODEL_LISTS -> true;
        };
        if (letIn) {
            router.admission().ended(passage.stay(), null, 0, 0);
        }
    }

    private @Nullable Waiting search(Passage passage, Waiter waiter) {
        var kept = Holders.wanted(passage.asked(), passage.hints());
        if (kept == null) {
            return null;
        }
        var waiting = Waiting.of(this, passage, null);
        if (!waiter.search(kept, waiting.await(WaitReason.HOLDER)::letGo)) {
            return null;
        }
        router.counts().waits().begin(WaitReason.HOLDER);
        return waiting;
    }

    /** Has the tokens of the prompt found where that says more of who holds it, and then asks for admission. */
    private Routing read(Passage passage, @Nullable Waiting waited, long now) {
        var waiter = passage.waiter();
        if (waiter == null || !TokenSearch.wanted(router, passage)) {
            return admit(passage, waited, now);
        }
        var waiting = Waiting.of(this, passage, waited);
        var search = new TokenSearch(router);
        waiting.searching(search);
        if (!search.begin(passage, waiter, waiting.await(WaitReason.TOKENS)::letGo)) {
            waiting.withdraw();
            return admit(passage, waiting, now);
        }
        router.counts().waits().begin(WaitReason.TOKENS);
        return waiting;
    }

    private Routing admit(Passage passage, @Nullable Waiting waited, long now) {
        var pool = router.pool().snapshot();
        var holder = router.holders().of(passage.asked(), passage.hints(), passage.model(), pool, now, false);
        var subset = holder == null ? passage.hints().subset() : List.of(holder.hostPort());
        var arrival = arrivals.get().begin(passage, pool, subset, waited, now);
        try {
            var verdict = verdict(arrival);
            if (verdict == null) {
                return schedule(passage, waited, now);
            }
            if (verdict instanceof Verdict.Admitted(var stay)) {
                return schedule(passage.staying(stay), waited, now);
            }
            if (verdict instanceof Verdict.Refused(var refusal)) {
                return refused(passage, refusal);
            }
            router.counts().waits().begin(WaitReason.ADMISSION);
            var waiting = arrival.waiting();
            waiting.staying(((Verdict.Held) verdict).stay());
            return waiting;
        } finally {
            arrival.end();
        }
    }

    /** What a request asks of an engine, wherever it goes. */
    Work work(Passage passage) {
        var request = passage.request();
        double expected = router.outputs().expected(request, passage.model());
        int most = request.maxOutputTokens();
        if (most > 0) {
            expected = request.ignoreEos() ? Math.min(most, MOST_EXPECTED) : Math.min(most, expected);
        }
        return Work.of(request, expected);
    }

    /** What admission says; null where it failed, and whatever ticket it made counts no longer. */
    private @Nullable Verdict verdict(Arriving arrival) {
        try {
            return router.admission().admit(arrival);
        } catch (RuntimeException e) {
            router.admission().failed(e);
            arrival.withdraw();
            return null;
        }
    }

    /** What admission wants done where a wait ends; it can fail without harm. */
    void contain(Runnable left) {
        router.admission().contain(left);
    }

    private Routing schedule(Passage passage, @Nullable Waiting waited, long now) {
        Routing routing = null;
        try {
            boolean listsRead = waited != null && waited.reason() == WaitReason.MODEL_LISTS;
            routing = scheduling.schedule(
                    passage, waited, now, listsRead || passage.waiter() == null ? Scheduling.NO_WAIT : listsWait);
            return routing;
        } finally {
            if (routing == null || routing instanceof Routing.Refused) {
                router.admission().ended(passage.stay(), null, 0, 0);
            }
        }
    }

    private @Nullable Waiting awaitLists(Passage passage, @Nullable Waiting waited) {
        var waiting = Waiting.of(this, passage, waited);
        if (!router.lists().refresh(waiting.await(WaitReason.MODEL_LISTS)::letGo)) {
            return null;
        }
        router.counts().model(ModelNote.HELD);
        router.counts().waits().begin(WaitReason.MODEL_LISTS);
        return waiting;
    }

    private static Routing refused(Passage passage, Refusal refusal) {
        passage.reading().abandon();
        return new Routing.Refused(refusal);
    }

    private Routing settled(Passage passage, Routing routing, long start) {
        return routing instanceof Routing.Decided decided
                ? settled(passage.asked(), passage.rules(), passage.hints(), decided, start)
                : routing;
    }

    private Routing settled(
            Request asked, AppliedRules rules, RoutingHints hints, Routing.Decided routing, long start) {
        var counts = router.counts();
        router.retries().request();
        counts.traffic().count(rules);
        if (routing instanceof Routing.Refused(var refusal)) {
            counts.reject(refusal.reason());
        }
        counts.decisions().record(router.clock().realNanos(router.nanoTime() - start));
        if (routing instanceof Routing.Booked(var booking)) {
            booking.events().decided(asked, rules, booking);
        } else if (routing instanceof Routing.Refused(var refusal)) {
            var trace = hints.keptTrace();
            if (trace != null || router.events().wants(RouterEvent.Kind.REFUSED)) {
                router.publish(new RouterEvent.Refused(router.nanoTime(), asked, rules, refusal), trace);
            }
        }
        return routing;
    }
}
