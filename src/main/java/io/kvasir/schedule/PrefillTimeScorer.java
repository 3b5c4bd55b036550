package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;

/** The time model's seconds until a prompt is computed, negated; what is decoded afterwards, elsewhere, does not count. */
public final class PrefillTimeScorer implements Scorer {
    private final TimeModel time;

    public PrefillTimeScorer(TimeModel time) {
        this.time = time;
    }

    @Override
    public String name() {
        return "prefill-time-scorer";
    }

    @Override
    public boolean usesPrefix() {
        return true;
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        double[] predicted = context.predicted();
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            predicted[i] = FirstToken.seconds(
                    time,
                    context,
                    endpoint,
                    time.rates(endpoint, context.model()),
                    1,
                    endpoint.load().heldTokens());
            scores[i] = -predicted[i];
        }
    }
}
