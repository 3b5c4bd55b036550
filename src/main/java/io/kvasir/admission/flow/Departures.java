package io.kvasir.admission.flow;

import io.kvasir.admission.Arrival;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Objects;

/**
 * How waits end without service: those whose time is over, those whose clients left, all when the program stops; and what
 * they are told. Guarded by the lock of the queue.
 */
final class Departures {
    private final Bands bands;
    private final Waiting waiting;
    private final Patience patience;
    private final RetryTimes times;
    private final KeptPlaces kept;

    Departures(Bands bands, Waiting waiting, Patience patience, RetryTimes times, KeptPlaces kept) {
        this.bands = bands;
        this.waiting = waiting;
        this.patience = patience;
        this.times = times;
        this.kept = kept;
    }

    /** Refuses one that does not begin to wait. */
    Verdict saturated(Tenant tenant, Arrival arrival, long nowNanos) {
        tenant.band().saturated();
        // as much as it would be taken for, did it wait
        long output = Math.round(arrival.work().allOutputTokens());
        long cost = tenant.expectedCost(arrival.request().promptTokens(), output);
        long millis = times.millis(tenant, cost, nowNanos);
        return new Verdict.Refused(patience.poolEmpty() ? Refusals.poolEmpty(millis) : Refusals.saturated(millis));
    }

    /** Its caller went, or its deadline came before the tick. */
    void left(Held held, long nowNanos) {
        if (held.line() == null) {
            return;
        }
        if (held.ticket().end() instanceof Ticket.End.Expired) {
            keepPlace(held, nowNanos);
        }
        waiting.remove(held, nowNanos);
        count(held);
    }

    /** What it is told whose time is over. */
    Refusal expiredWords(Held held, long nowNanos) {
        long millis = times.millis(held.tenant(), held.cost(), nowNanos);
        return patience.poolEmpty() ? Refusals.poolEmpty(millis) : Refusals.waitExpired(millis);
    }

    /** Refuses those whose time is over. */
    void expire(long nowNanos) {
        for (var band : bands.all()) {
            var one = patience.over(band.oldest(), nowNanos);
            while (one != null) {
                var next = one.newer;
                refuseExpired(one, nowNanos);
                one = patience.over(next, nowNanos);
            }
        }
        for (var one = waiting.outOfPatience(nowNanos); one != null; one = waiting.outOfPatience(nowNanos)) {
            refuseExpired(one, nowNanos);
        }
    }

    private void refuseExpired(Held held, long nowNanos) {
        var words = expiredWords(held, nowNanos);
        keepPlace(held, nowNanos);
        if (refuse(held, words, nowNanos)) {
            held.tenant().band().expired(patience.poolEmpty());
        }
    }

    /** Refuses all. */
    void stop(long nowNanos) {
        for (var band : bands.all()) {
            for (var one = band.oldest(); one != null; one = band.oldest()) {
                refuse(one, Refusals.shuttingDown(), nowNanos);
            }
        }
    }

    /** Returns false where its wait had ended otherwise just now, which is counted. */
    private boolean refuse(Held held, Refusal refusal, long nowNanos) {
        waiting.remove(held, nowNanos);
        boolean refused = held.ticket().refuse(refusal);
        if (!refused) {
            count(held);
        }
        return refused;
    }

    /** Counts one whose ticket ended otherwise. */
    void count(Held held) {
        var band = held.tenant().band();
        if (held.ticket().end() instanceof Ticket.End.Expired) {
            band.expired(patience.poolEmpty());
        } else {
            band.left();
        }
    }

    private void keepPlace(Held held, long nowNanos) {
        var line = Objects.requireNonNull(held.line());
        if (line.requests().first() == held || held.tenant().band().oldest() == held) {
            kept.keep(held.fingerprint(), held.orderNanos(), nowNanos);
        }
    }
}
