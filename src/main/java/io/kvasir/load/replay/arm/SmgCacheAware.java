package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;
import java.util.random.RandomGenerator;

/**
 * SMG's {@code cache_aware} with the defaults of its command line: the longest match if it is at least 0.3 of the prompt,
 * else the worker whose tree is smallest; that one gives way to the least loaded if its load is over the fleet's mean by
 * more than 64 requests and by more than 1.5 times (smg-project/smg {@code model_gateway/src/policies/cache_aware.rs}).
 */
final class SmgCacheAware extends Candidate {
    private static final double THRESHOLD = 0.3;
    private static final double MARGIN = 64;
    private static final double RATIO = 1.5;

    SmgCacheAware(String name, TimeModel time, RandomGenerator random) {
        super(name, time, random);
    }

    /**
     * The place that is taken.
     *
     * @param match share of the prompt that each holds
     * @param load requests in flight at each
     * @param tree tokens ever sent to each
     */
    static int choose(double[] match, double[] load, double[] tree) {
        int longest = 0;
        int smallest = 0;
        int idlest = 0;
        double sum = 0;
        for (int i = 0; i < match.length; i++) {
            longest = match[i] > match[longest] ? i : longest;
            smallest = tree[i] < tree[smallest] ? i : smallest;
            idlest = load[i] < load[idlest] ? i : idlest;
            sum += load[i];
        }
        int chosen = match[longest] >= THRESHOLD ? longest : smallest;
        double mean = sum / match.length;
        boolean over = load[chosen] - mean > MARGIN && load[chosen] > RATIO * mean;
        return over ? idlest : chosen;
    }

    @Override
    int choose(SchedulingContext context, int[] places) {
        int size = places.length;
        var match = new double[size];
        var load = new double[size];
        var tree = new double[size];
        for (int i = 0; i < size; i++) {
            match[i] = held(context, places[i]);
            load[i] = requests(context, places[i]);
            tree[i] = work().everSent(ordinal(context, places[i]));
        }
        return choose(match, load, tree);
    }
}
