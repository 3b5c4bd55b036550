package io.kvasir.load.replay.arm;

import io.kvasir.cost.DecodeWeight;
import io.kvasir.cost.TimeModel;
import io.kvasir.load.replay.Truth;
import io.kvasir.schedule.SchedulingContext;

/**
 * The informed greedy: least cost by what really is ({@link Truth}): exact caches, true rates, lengths of answers, and what
 * others lose. A reference, not a bound: it decides each request as if it were the last.
 */
final class InformedGreedy extends Formula {
    private final Truth truth;
    private final DecodeWeight weight;

    /** @param weight what decoding counts, its own and the others' */
    InformedGreedy(String name, TimeModel time, Truth truth, DecodeWeight weight) {
        super(name, time);
        this.truth = truth;
        this.weight = weight;
    }

    @Override
    double cost(SchedulingContext context, int place) {
        return truth.costSeconds(ordinal(context, place), weight);
    }
}
