package io.kvasir.schedule;

import io.kvasir.request.ModelName;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
            if (same(endpoint.spec().model(), model) || names(stats.runningAdapters(), model)) {
                scores[i] = 1;
            } else if (stats.maxAdapters() < 0
                    || stats.runningAdapters().size() + stats.waitingAdapters().size() < stats.maxAdapters()) {
                scores[i] = 0.8;
            } else {
                scores[i] = names(stats.waitingAdapters(), model) ? 0.6 : 0;
            }
        }
    }

    private static boolean names(List<String> adapters, String model) {
        for (int i = 0; i < adapters.size(); i++) {
            if (same(adapters.get(i), model)) {
                return true;
            }
        }
        return false;
    }

    /** Platforms have two names for one. */
    private static boolean same(@Nullable String one, String other) {
        return one != null && (one.equals(other) || ModelName.folded(one).equals(ModelName.folded(other)));
    }
}
