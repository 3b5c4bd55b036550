package io.kvasir.schedule;

import java.util.Set;

/** One half for an endpoint where nothing waits, less the more waits, down to 0 at a threshold. */
public final class LoadAwareScorer implements Scorer {
    private static final Parameter<Double> THRESHOLD = Parameter.number("threshold", 128, 1, 1e9);

    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "load-aware-scorer",
            (parameters, _) -> new LoadAwareScorer(parameters.get(THRESHOLD)),
            THRESHOLD);

    private final double threshold;

    /** @param threshold waiting sequences at which the score is 0, above 0 */
    public LoadAwareScorer(double threshold) {
        this.threshold = threshold;
    }

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
            scores[i] = 0.5 * (1 - Math.min(context.waiting(i), threshold) / threshold);
        }
    }
}
