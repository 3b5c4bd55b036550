package io.kvasir.schedule;

import java.util.Set;

/** Fewer waiting sequences are better, relative to the candidates' range. */
public final class QueueScorer implements Scorer {
    static final PluginType TYPE = PluginType.of(PluginKind.SCORER, "queue-scorer", (_, _) -> new QueueScorer());

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
            scores[i] = context.waiting(i);
        }
        RangeScores.lessIsBetter(scores, context.size());
    }
}
