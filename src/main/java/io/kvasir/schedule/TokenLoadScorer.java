package io.kvasir.schedule;

import java.util.Set;

/** Tokens in flight, with those of this request that the endpoint does not hold, against a threshold; less is better. */
public final class TokenLoadScorer implements Scorer {
    /** Tokens; the default is the rival's. */
    static final Parameter<Double> THRESHOLD = Parameter.number("queueThresholdTokens", 4_194_304, 1, 1e15);

    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "token-load-scorer",
            (parameters, _) -> new TokenLoadScorer(parameters.get(THRESHOLD)),
            THRESHOLD,
            Parameter.any("nonTextTokenWeight"),
            Producers.IN_FLIGHT,
            Producers.PREFIX);

    private final double threshold;

    /** @param thresholdTokens load at which the score is 0, above 0 */
    public TokenLoadScorer(double thresholdTokens) {
        threshold = thresholdTokens;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.PREFIX);
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
