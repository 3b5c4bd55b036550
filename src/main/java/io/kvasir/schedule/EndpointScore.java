package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * What a profile made of one candidate.
 *
 * @param score the weighted sum of its scorers, more is better; under the time policy seconds below zero
 */
public record EndpointScore(Endpoint endpoint, double score) {

    /** Of all candidates that were scored last in that context; made for whoever asks, since it allocates by candidate. */
    public static List<EndpointScore> of(SchedulingContext context) {
        var scores = new ArrayList<EndpointScore>(context.size());
        for (int i = 0; i < context.size(); i++) {
            scores.add(new EndpointScore(context.candidate(i), context.totals()[i]));
        }
        return scores;
    }
}
