package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;
import java.util.random.RandomGenerator;

/**
 * Dynamo's two-tier policy ({@code dynamo-two-tier-cost-fn}, ai-dynamo/dynamo#14498, after SGLang's experimental
 * {@code cache_aware_zmq}): where requests in flight differ by more than 32 and by more than 1.1 times, the least loaded;
 * else, where the greatest overlap is more than half of the prompt, the least loaded of those that have it; else the least
 * loaded.
 */
final class DynamoTwoTier extends Candidate {
    private static final int SPREAD = 32;
    private static final double RATIO = 1.1;
    private static final double CACHE = 0.5;

    DynamoTwoTier(String name, TimeModel time, RandomGenerator random) {
        super(name, time, random);
    }

    /**
     * The place that is taken.
     *
     * @param overlap leading tokens that each holds
     * @param requests in flight at each
     * @param size how many there are
     */
    static int choose(double[] overlap, double[] requests, int size, double prompt) {
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        double best = 0;
        for (int i = 0; i < size; i++) {
            least = Math.min(least, requests[i]);
            most = Math.max(most, requests[i]);
            best = Math.max(best, overlap[i]);
        }
        boolean balanced = !(most - least > SPREAD && most > RATIO * least);
        double needed = balanced && best > CACHE * prompt ? best : 0;
        int chosen = -1;
        for (int i = 0; i < size; i++) {
            if (overlap[i] >= needed && (chosen < 0 || requests[i] < requests[chosen])) {
                chosen = i;
            }
        }
        return chosen;
    }

    @Override
    int choose(SchedulingContext context, int[] places) {
        int size = places.length;
        var overlap = new double[size];
        var requests = new double[size];
        for (int i = 0; i < size; i++) {
            overlap[i] = context.cachedTokens(places[i]);
            requests[i] = requests(context, places[i]);
        }
        return choose(overlap, requests, size, context.request().promptTokens());
    }
}
