package io.kvasir.schedule;

/** Fewer waiting sequences are better, relative to the candidates' range. */
public final class QueueScorer implements Scorer {

    @Override
    public String name() {
        return "queue-scorer";
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        for (int i = 0; i < context.size(); i++) {
            scores[i] = context.waiting(i);
        }
        RangeScores.lessIsBetter(scores, context.size());
    }
}
