package io.kvasir.schedule;

import java.util.Set;

/**
 * Capacity-weighted least load: sequences at the endpoint, this one included, over its weight; less is better, relative
 * to the candidates' best.
 */
public final class LeastLoadScorer implements Scorer {
    static final PluginType TYPE =
            PluginType.of(PluginKind.SCORER, "least-load-scorer", (_, _) -> new LeastLoadScorer());

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.STATS);
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < context.size(); i++) {
            scores[i] = (context.sequences(i) + 1) / context.candidate(i).weight();
            least = Math.min(least, scores[i]);
        }
        for (int i = 0; i < context.size(); i++) {
            scores[i] = least / scores[i];
        }
    }
}
