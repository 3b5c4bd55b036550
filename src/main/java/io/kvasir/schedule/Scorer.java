package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;

/** Values the candidates for a request. */
public interface Scorer extends Plugin {

    /**
     * Values every candidate.
     *
     * @param scores to be set at places 0 to {@code context.size()} - 1: from 0 to 1, more is better, unless the scorer
     *     says otherwise
     */
    void score(SchedulingContext context, double[] scores);

    /**
     * Told of the endpoint that a request was booked at, on the context that it was scored in; not of explanations.
     * Called from any thread.
     */
    default void booked(SchedulingContext context, Endpoint endpoint) {}
}
