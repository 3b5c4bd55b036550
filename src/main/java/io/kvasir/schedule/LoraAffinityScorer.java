package io.kvasir.schedule;

import java.util.Set;

/**
 * Prefers endpoints that have the adapter active (1), then those with room for one more (0.8), then those where it
 * already waits (0.6). Requests for a base model, and engines that tell nothing of adapters, score 1 and 0.8.
 */
public final class LoraAffinityScorer implements Scorer {
    static final PluginType TYPE =
            PluginType.of(PluginKind.SCORER, "lora-affinity-scorer", (_, _) -> new LoraAffinityScorer());

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
        String model = context.model();
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            var stats = context.page(i);
            if (model.equals(endpoint.spec().model()) || stats.runningAdapters().contains(model)) {
                scores[i] = 1;
            } else if (stats.maxAdapters() < 0
                    || stats.runningAdapters().size() + stats.waitingAdapters().size() < stats.maxAdapters()) {
                scores[i] = 0.8;
            } else {
                scores[i] = stats.waitingAdapters().contains(model) ? 0.6 : 0;
            }
        }
    }
}
