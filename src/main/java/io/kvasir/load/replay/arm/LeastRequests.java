package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;

/**
 * Least load: fewest requests in flight, whatever the replica ({@code least-request} of AIBrix, {@code least_loaded} of
 * Dynamo, {@code least-busy} of LiteLLM).
 */
final class LeastRequests extends Formula {
    LeastRequests(String name, TimeModel time) {
        super(name, time);
    }

    @Override
    double cost(SchedulingContext context, int place) {
        return requests(context, place);
    }
}
