package io.kvasir.schedule;

/**
 * Capacity-weighted least load: sequences at the endpoint, this one included, over its weight; less is better, relative
 * to the candidates' best.
 */
public final class LeastLoadScorer implements Scorer {

    @Override
    public String name() {
        return "least-load-scorer";
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
