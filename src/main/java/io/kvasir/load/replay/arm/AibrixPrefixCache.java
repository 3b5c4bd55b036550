package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;
import java.util.random.RandomGenerator;

/**
 * AIBrix's {@code prefix-cache}: where running requests differ by more than 8, the replica with the fewest; else the best
 * match whose running requests are at most one standard deviation over the mean; else the fewest (vllm-project/aibrix
 * {@code pkg/plugins/gateway/algorithms/prefix_cache.go}; its readme says 16 and two deviations, the code counts).
 */
final class AibrixPrefixCache extends Candidate {
    private static final double SPREAD = 8;

    AibrixPrefixCache(String name, TimeModel time, RandomGenerator random) {
        super(name, time, random);
    }

    /**
     * The place that is taken.
     *
     * @param match leading tokens that each holds
     * @param running requests in flight at each
     */
    static int choose(double[] match, double[] running) {
        int idlest = 0;
        int busiest = 0;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < running.length; i++) {
            idlest = running[i] < running[idlest] ? i : idlest;
            busiest = running[i] > running[busiest] ? i : busiest;
            sum += running[i];
            squares += running[i] * running[i];
        }
        if (running[busiest] - running[idlest] > SPREAD) {
            return idlest;
        }
        double mean = sum / running.length;
        double limit = mean + Math.sqrt(Math.max(0, squares / running.length - mean * mean));
        int best = -1;
        for (int i = 0; i < match.length; i++) {
            boolean fits = match[i] > 0 && running[i] <= limit;
            if (fits && (best < 0 || match[i] > match[best] || match[i] == match[best] && running[i] < running[best])) {
                best = i;
            }
        }
        return best < 0 ? idlest : best;
    }

    @Override
    int choose(SchedulingContext context, int[] places) {
        int size = places.length;
        var match = new double[size];
        var running = new double[size];
        for (int i = 0; i < size; i++) {
            match[i] = context.cachedTokens(places[i]);
            running[i] = requests(context, places[i]);
        }
        return choose(match, running);
    }
}
