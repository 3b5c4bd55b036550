package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;

/** A rule that names one candidate: it costs nothing, the others something. */
abstract class Candidate extends Formula {
    private int chosen;

    Candidate(String name, TimeModel time) {
        super(name, time);
    }

    /** The place of the candidate to take. */
    abstract int choose(SchedulingContext context);

    @Override
    final void prepare(SchedulingContext context) {
        chosen = choose(context);
    }

    @Override
    final double cost(SchedulingContext context, int place) {
        return place == chosen ? 0 : 1 + requests(context, place);
    }
}
