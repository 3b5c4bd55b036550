package io.kvasir.schedule;

/** The share of the prompt that the endpoint is believed to hold. */
public final class PrefixScorer implements Scorer {

    @Override
    public String name() {
        return "prefix-cache-scorer";
    }

    @Override
    public boolean usesPrefix() {
        return true;
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        double prompt = Math.max(1, context.request().promptTokens());
        for (int i = 0; i < context.size(); i++) {
            scores[i] = Math.min(1, context.cachedTokens(i) / prompt);
        }
    }
}
