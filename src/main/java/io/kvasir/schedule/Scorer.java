package io.kvasir.schedule;

/** Values the candidates for a request. */
public interface Scorer extends Plugin {

    /**
     * Values every candidate.
     *
     * @param scores to be set at places 0 to {@code context.size()} - 1: from 0 to 1, more is better, unless the scorer
     *     says otherwise
     */
    void score(SchedulingContext context, double[] scores);
}
