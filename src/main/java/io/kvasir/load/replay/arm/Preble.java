package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.schedule.SchedulingContext;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Preble's E2 (arXiv 2407.00023; WukLab/preble {@code preble/global_scheduler_with_time.py}): where less is to be computed
 * than the best replica holds, exploit: the least cost of those that hold most; else explore: the least cost of all. The cost
 * of a replica is what was sent to it in the last three minutes, prefill of what it did not hold and decode, and this
 * request's prefill. A holder whose window is over 1.4 times the
 * idlest replica's gives way to it (the published rule has a threshold; 1.4 is ours). Its times are one fit for
 * all replicas; here 15,928 tokens/s of prefill and 20 ms a token.
 */
final class Preble extends Candidate {
    static final double PREFILL_SECONDS = 1 / 15_928.0;
    static final double DECODE_SECONDS = 0.020;
    private static final double HIGH_LOAD = 1.4;
    private static final long WINDOW_NANOS = 180_000_000_000L;
    private static final int FIRST_OUTPUT = 256;
    private static final double NEW_SHARE = 0.02;

    private record Sent(long at, int replica, double seconds) {}

    private final ArrayDeque<Sent> window = new ArrayDeque<>();
    private double[] load = new double[16];
    private double meanOutput = FIRST_OUTPUT;
    private long now;

    Preble(String name, TimeModel time, RandomGenerator random) {
        super(name, time, random);
    }

    /**
     * The place that is taken.
     *
     * @param held leading tokens that each holds
     * @param load seconds of the window's work at each
     */
    static int choose(double[] held, double[] load, double prompt) {
        double most = 0;
        for (double tokens : held) {
            most = Math.max(most, tokens);
        }
        int cheapest = cheapest(held, load, prompt, 0);
        if (prompt - most >= most) {
            return cheapest;
        }
        int owner = cheapest(held, load, prompt, most);
        double least = load[0];
        int idlest = 0;
        for (int i = 1; i < load.length; i++) {
            if (load[i] < least) {
                least = load[i];
                idlest = i;
            }
        }
        return least > 0 && load[owner] > HIGH_LOAD * least ? idlest : owner;
    }

    private static int cheapest(double[] held, double[] load, double prompt, double needed) {
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < load.length; i++) {
            double cost = load[i] + (prompt - held[i]) * PREFILL_SECONDS;
            if (held[i] >= needed && cost < least) {
                best = i;
                least = cost;
            }
        }
        return best;
    }

    @Override
    int choose(SchedulingContext context, int[] places) {
        now = context.nowNanos();
        while (!window.isEmpty() && window.getFirst().at < now - WINDOW_NANOS) {
            var old = window.removeFirst();
            load[old.replica] -= old.seconds;
        }
        int size = places.length;
        var held = new double[size];
        var loads = new double[size];
        for (int i = 0; i < size; i++) {
            held[i] = context.cachedTokens(places[i]);
            int ordinal = ordinal(context, places[i]);
            loads[i] = ordinal < load.length ? Math.max(0, load[ordinal]) : 0;
        }
        return choose(held, loads, context.request().promptTokens());
    }

    @Override
    public void placed(ReplayRequest request, int replica, int believedCachedTokens) {
        super.placed(request, replica, believedCachedTokens);
        if (replica >= load.length) {
            load = Arrays.copyOf(load, Math.max(replica + 1, 2 * load.length));
        }
        double uncached = Math.max(0, request.prompt().length() - believedCachedTokens);
        double seconds = uncached * PREFILL_SECONDS + meanOutput * DECODE_SECONDS;
        window.add(new Sent(now, replica, seconds));
        load[replica] += seconds;
    }

    @Override
    public void finished(RequestResult result) {
        super.finished(result);
        meanOutput += NEW_SHARE * (result.request().outputTokens() - meanOutput);
    }
}
