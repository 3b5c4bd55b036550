package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes.
 *
 * @param endpoint the first choice
 * @param fallbacks the next best, best first; at most {@link Profile#FALLBACKS}
 * @param prefill the endpoint that should prefill for {@code endpoint}; null for none
 * @param reason why this endpoint
 * @param candidates how many were left to choose from
 * @param cachedTokens leading prompt tokens that {@code endpoint} is believed to hold
 * @param bestCachedTokens the most that any candidate is believed to hold
 * @param predictedTtftSeconds predicted time to first token; NaN where no time model ran
 */
public record Decision(
        Endpoint endpoint,
        List<Endpoint> fallbacks,
        @Nullable Endpoint prefill,
        PickReason reason,
        int candidates,
        int cachedTokens,
        int bestCachedTokens,
        double predictedTtftSeconds) {

    /** The same pick for another reason. */
    public Decision because(PickReason other) {
        return new Decision(
                endpoint, fallbacks, prefill, other, candidates, cachedTokens, bestCachedTokens, predictedTtftSeconds);
    }
}
