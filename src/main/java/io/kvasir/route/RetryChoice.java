package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.schedule.Decision;
import org.jspecify.annotations.Nullable;

/** Where one request goes when it is sent again: along its decision's fallbacks, or to a roomier endpoint. */
final class RetryChoice {
    private final Router router;
    private final Decision decision;
    private final int[] cachedTokens;
    private final @Nullable PrefixSource[] predictors;
    private int next;

    /**
     * Has tried the decision's first choice.
     *
     * @param cachedTokens leading prompt tokens that the decision's endpoint and its fallbacks are believed to hold
     * @param predictors what those beliefs rest on; null where there are none
     */
    RetryChoice(Router router, Decision decision, int[] cachedTokens, @Nullable PrefixSource[] predictors) {
        this.router = router;
        this.decision = decision;
        this.cachedTokens = cachedTokens;
        this.predictors = predictors;
    }

    /** The next fallback that may be tried, where the pool's budget has a retry left, which is taken; else null. */
    @Nullable
    Endpoint fallback(RetryReason reason) {
        long now = router.nanoTime();
        int found = NextEndpoint.fallback(decision, next, reason, now);
        if (found < 0 || !router.retries().tryTake(now)) {
            return null;
        }
        next = found + 1;
        return decision.fallbacks().get(found);
    }

    /** Leading prompt tokens that the last fallback is believed to hold. */
    int cachedTokens() {
        return cachedTokens[next];
    }

    /** What that belief rests on; null where there is none. */
    @Nullable
    PrefixSource predictor() {
        return predictors[next];
    }

    /**
     * The least busy endpoint that holds longer requests; null where none is known to.
     *
     * @param tokens what the engine said that it holds; 0 where it did not say
     */
    @Nullable
    Endpoint larger(Endpoint than, String model, int tokens) {
        // what an engine keeps is nowhere else
        return decision.reason() == PickReason.HOLDER
                ? null
                : NextEndpoint.larger(router.pool().snapshot(), than, model, tokens, decision, router.nanoTime());
    }
}
