package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.schedule.Decision;
import org.jspecify.annotations.Nullable;

/** Where a request goes that is sent again. */
final class NextEndpoint {
    private NextEndpoint() {}

    /**
     * The place of the next fallback of a decision that may be tried for that reason; one that looks dead is passed over
     * unless all do.
     *
     * @param from the first place to look at
     * @return -1 where none is left
     */
    static int fallback(Decision decision, int from, RetryReason reason, long nowNanos) {
        for (int i = from; i < decision.fallbacks().size(); i++) {
            if (mayTry(decision.fallbacks().get(i), decision, reason, nowNanos)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The least busy endpoint that is known to hold longer requests than another one.
     *
     * @param tokens what the engine said that it holds; 0 where it did not say
     * @return null where none is
     */
    static @Nullable Endpoint larger(
            PoolSnapshot pool, Endpoint than, String model, int tokens, Decision decision, long nowNanos) {
        int known = Math.max(than.contextTokens(model), tokens);
        if (known == 0) {
            return null;
        }
        Endpoint best = null;
        for (int i = 0; i < pool.size(); i++) {
            var candidate = pool.at(i);
            if (candidate.contextTokens(model) > known
                    && candidate.spec().role().decodes()
                    && candidate.serves(model)
                    && !candidate.stats().asleep()
                    && mayTry(candidate, decision, RetryReason.CONTEXT, nowNanos)
                    && (best == null || busyness(candidate) < busyness(best))) {
                best = candidate;
            }
        }
        return best;
    }

    private static boolean mayTry(Endpoint candidate, Decision decision, RetryReason reason, long nowNanos) {
        return switch (candidate.health().standing(nowNanos)) {
            case GOOD -> true;
            case PRESSED -> reason != RetryReason.BACK_PRESSURE;
            case EJECTED, SILENT, REFUSED ->
                reason != RetryReason.BACK_PRESSURE && decision.reason() == PickReason.HEALTH_IGNORED;
        };
    }

    private static double busyness(Endpoint endpoint) {
        return (endpoint.load().requests() + 1) / endpoint.weight();
    }
}
