package io.kvasir.route;

import io.kvasir.prefix.Prediction;
import io.kvasir.prefix.PrefixSource;
import org.jspecify.annotations.Nullable;

/**
 * What a request was believed to find in the cache of the endpoint that it was placed on.
 *
 * @param predictor what that rested on; null where no view of prefixes was asked
 * @param predictedTokens leading tokens of the prompt
 * @param outcome how it compares with what the engine found; null where the engine did not say, or another view predicted it
 */
public record Reuse(
        @Nullable PrefixSource predictor,
        int predictedTokens,
        @Nullable Prediction outcome) {}
