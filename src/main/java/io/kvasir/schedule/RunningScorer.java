package io.kvasir.schedule;

/** Fewer sequences in the engine are better, relative to the candidates' range. */
public final class RunningScorer implements Scorer {

    @Override
    public String name() {
        return "running-requests-size-scorer";
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        for (int i = 0; i < context.size(); i++) {
            scores[i] = context.sequences(i);
        }
        RangeScores.lessIsBetter(scores, context.size());
    }
}
