package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;

/**
 * LMetric: new prefill tokens times batch size, nothing to be tuned (arXiv 2603.15202). The tokens are those of this prompt
 * that the replica lacks and those that wait there; the batch is what is in flight there with this request.
 */
final class LMetric extends Formula {
    LMetric(String name, TimeModel time) {
        super(name, time);
    }

    /** The product. */
    static double product(double waitingTokens, double newTokens, double requests) {
        return (waitingTokens + newTokens) * (requests + 1);
    }

    @Override
    double cost(SchedulingContext context, int place) {
        return product(
                work().prefillTokens(ordinal(context, place)), uncached(context, place), requests(context, place));
    }
}
