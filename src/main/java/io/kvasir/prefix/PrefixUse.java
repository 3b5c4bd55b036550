package io.kvasir.prefix;

import org.jspecify.annotations.Nullable;

/**
 * What a view was told of one request on one endpoint, until it ends: by exactly one of {@link #finished} and
 * {@link #withdrawn}, from any thread. Ignored if its endpoint was removed meanwhile.
 */
public interface PrefixUse {
    /** Of a request that the view does not follow. */
    PrefixUse NONE = new PrefixUse() {
        @Override
        public @Nullable Prediction observed(PrefixSource predictor, int predictedTokens, int cachedTokens) {
            return null;
        }

        @Override
        public void finished(int outputTokens) {}

        @Override
        public void withdrawn() {}
    };

    /**
     * What the engine reported about a prediction; not called where it reports nothing.
     *
     * @param predictor what predicted it
     * @param predictedTokens leading tokens of the prompt that were believed to be held
     * @param cachedTokens tokens that were found
     * @return how the two compare; null from a view that did not predict it
     */
    @Nullable
    Prediction observed(PrefixSource predictor, int predictedTokens, int cachedTokens);

    /**
     * The request ended, completely or by a cancel.
     *
     * @param outputTokens tokens produced, or the best estimate
     */
    void finished(int outputTokens);

    /**
     * The request never ran: the endpoint refused it or could not be reached. What only it has brought is no longer
     * believed; what was believed before, and what others were routed on since, is.
     */
    void withdrawn();
}
