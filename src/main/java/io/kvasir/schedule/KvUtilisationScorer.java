package io.kvasir.schedule;

import java.util.Set;

/**
 * The share of KV blocks that running sequences do not pin. Where no fresh page tells it, the share is taken from our own
 * books and the endpoint's capacity, and is one half where that is unknown too.
 */
public final class KvUtilisationScorer implements Scorer {
    static final PluginType TYPE =
            PluginType.of(PluginKind.SCORER, "kv-cache-utilization-scorer", (_, _) -> new KvUtilisationScorer());

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
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            double usage = context.fresh(i) ? context.page(i).kvUsage() : Double.NaN;
            if (Double.isNaN(usage)) {
                long capacity = endpoint.kvTokens();
                usage = capacity > 0 ? Math.min(1, endpoint.load().promptTokens() / (double) capacity) : 0.5;
            }
            scores[i] = 1 - usage;
        }
    }
}
