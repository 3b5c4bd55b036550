package io.kvasir.schedule;

/** Tokens in flight, with those of this request that the endpoint does not hold, against a threshold; less is better. */
public final class TokenLoadScorer implements Scorer {
    /** The rival's default threshold. */
    public static final double DEFAULT_THRESHOLD_TOKENS = 4_194_304;

    private final double threshold;

    /** @param thresholdTokens load at which the score is 0, above 0 */
    public TokenLoadScorer(double thresholdTokens) {
        threshold = thresholdTokens;
    }

    @Override
    public String name() {
        return "token-load-scorer";
    }

    @Override
    public boolean usesPrefix() {
        return true;
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        double prompt = context.request().promptTokens();
        for (int i = 0; i < context.size(); i++) {
            double tokens = context.candidate(i).load().promptTokens() + Math.max(0, prompt - context.cachedTokens(i));
            scores[i] = 1 - Math.min(tokens, threshold) / threshold;
        }
    }
}
