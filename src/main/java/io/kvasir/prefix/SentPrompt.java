package io.kvasir.prefix;

import org.jspecify.annotations.Nullable;

/** A prompt that was sent to an endpoint that is followed, and what is learned of it. */
final class SentPrompt implements PrefixUse {
    /** What must be known of an endpoint's history before it is held against it that it did not tell of something. */
    private static final float JUDGED_FROM = 0.5f;

    private final PreciseView view;
    private final FollowedEndpoint endpoint;
    private final long promptTokens;
    /** Null where the tokens of the prompt are not known, or are fewer than a block. */
    private final SentPaths.@Nullable Path path;

    private final int blockTokens;
    private final FollowedEndpoint.Request request;
    private boolean observed;

    SentPrompt(
            PreciseView view,
            FollowedEndpoint endpoint,
            long promptTokens,
            FollowedEndpoint.Request request,
            SentPaths.@Nullable Path path,
            int blockTokens) {
        this.view = view;
        this.endpoint = endpoint;
        this.promptTokens = promptTokens;
        this.path = path;
        this.blockTokens = blockTokens;
        this.request = request;
    }

    @Override
    public @Nullable Prediction observed(PrefixSource predictor, int predictedTokens, int cachedTokens) {
        observed = true;
        int least = 2 * view.largestBlock();
        if (promptTokens - cachedTokens > least) {
            endpoint.computed(FollowedEndpoint.PROVEN_WEIGHT, request);
        }
        if (predictor != PrefixSource.PRECISE) {
            endpoint.blindness().passedOver();
            return null;
        }
        endpoint.blindness().observe(known(predictedTokens), cachedTokens, least);
        int whole = endpoint.isSmall() ? cachedTokens / TokenKeys.FINEST * TokenKeys.FINEST : cachedTokens;
        var outcome = Prediction.of(predictedTokens, whole, endpoint.since(request));
        view.compared(outcome, endpoint.tenancy(), predictedTokens, cachedTokens);
        return outcome;
    }

    /** What was found there was told of before: what is believed without a word of the engine does not count. */
    private int known(int predictedTokens) {
        int blocks = path == null ? -1 : path.told();
        return blocks < 0 ? predictedTokens : Math.min(predictedTokens, blocks * blockTokens);
    }

    @Override
    public void finished(int outputTokens) {
        endpoint.end();
        boolean worthwhile = promptTokens > 2L * view.largestBlock();
        if (!observed && worthwhile) {
            endpoint.computed(FollowedEndpoint.UNPROVEN_WEIGHT, request);
        }
        if (path != null) {
            path.ended(worthwhile && endpoint.coverage() >= JUDGED_FROM);
        }
    }

    @Override
    public void withdrawn() {
        endpoint.end();
        if (path != null) {
            path.withdrawn();
        }
    }
}
