package io.kvasir.schedule;

import java.util.Set;

/**
 * Fewer running sequences are better, relative to the candidates' range. Where no fresh page tells how many run, our own in
 * flight count.
 */
public final class RunningScorer implements Scorer {
    static final PluginType TYPE =
            PluginType.of(PluginKind.SCORER, "running-requests-size-scorer", (_, _) -> new RunningScorer());

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
            scores[i] = context.running(i);
        }
        RangeScores.lessIsBetter(scores, context.size());
    }
}
