package io.kvasir.route;

import io.kvasir.pool.PickReason;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Gives decisions the reason that tells most, and says so in the log where requests go to endpoints that look dead. */
final class PickReasons {
    private static final System.Logger LOG = System.getLogger(PickReasons.class.getName());

    /** Least time between two lines about that. */
    private static final long SAID_NANOS = 10_000_000_000L;

    private final LongSupplier nanoClock;
    private final AtomicLong said = new AtomicLong();

    PickReasons(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    Decision reasoned(Decision decision, Request request, RoutingHints hints, PrefixMatches matches) {
        if (decision.reason() == PickReason.HEALTH_IGNORED) {
            say(decision);
            return decision;
        }
        if (hints.early()) {
            return decision.because(PickReason.EARLY);
        }
        if (request.bodyBytes() == 0) {
            return decision.because(PickReason.NO_BODY);
        }
        return matches.outcome() == PrefixMatches.Outcome.CONTENDED
                ? decision.because(PickReason.PREFIX_UNANSWERED)
                : decision;
    }

    private void say(Decision decision) {
        long now = nanoClock.getAsLong();
        long last = said.get();
        if ((last == 0 || now - last > SAID_NANOS) && said.compareAndSet(last, now)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Requests go to {0} though it looks dead: so do too many others to believe it",
                    decision.endpoint());
        }
    }
}
