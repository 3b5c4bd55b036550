package io.kvasir.schedule;

import java.util.Set;

/** The share of the prompt that the endpoint is believed to hold. */
public final class PrefixScorer implements Scorer {
    static final PluginType TYPE =
            PluginType.of(PluginKind.SCORER, "prefix-cache-scorer", (_, _) -> new PrefixScorer());

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
        double prompt = Math.max(1, context.request().promptTokens());
        for (int i = 0; i < context.size(); i++) {
            scores[i] = Math.min(1, context.cachedTokens(i) / prompt);
        }
    }
}
