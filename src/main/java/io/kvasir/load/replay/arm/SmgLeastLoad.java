package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.pool.EngineStats;
import io.kvasir.schedule.SchedulingContext;
import java.util.Arrays;

/**
 * SMG's {@code least_load}: {@code (queued + dispatched since the last poll) / throughput + 0.15 * k / (1 - k)}, with
 * {@code k} the share of the KV cache in use, 1,024 tokens for each request that waits and its default throughput of 2,000
 * tokens/s; polled every 10 s (smg-project/smg {@code model_gateway/src/policies/least_load.rs}).
 */
final class SmgLeastLoad extends Formula {
    private static final double THROUGHPUT = 2_000;
    private static final double WAITING_TOKENS = 1_024;
    private static final double KV_WEIGHT = 0.15;
    private static final double FULL = 0.999;
    private static final long POLL_NANOS = 10_000_000_000L;

    private long[] polledAt = new long[0];
    private EngineStats[] polled = {};
    private long[] dispatched = new long[0];

    SmgLeastLoad(String name, TimeModel time) {
        super(name, time);
    }

    /** Seconds until a worker is free, as the policy sees it. */
    static double seconds(double queuedTokens, double dispatchedTokens, double kvUsage) {
        double used = Math.clamp(kvUsage, 0, FULL);
        return (queuedTokens + dispatchedTokens) / THROUGHPUT + KV_WEIGHT * used / (1 - used);
    }

    @Override
    void prepare(SchedulingContext context) {
        for (int i = 0; i < context.size(); i++) {
            int ordinal = ordinal(context, i);
            room(ordinal);
            if (polledAt[ordinal] == 0 || context.nowNanos() - polledAt[ordinal] >= POLL_NANOS) {
                polledAt[ordinal] = context.nowNanos();
                polled[ordinal] = context.candidate(i).stats();
                dispatched[ordinal] = 0;
            }
        }
    }

    private void room(int ordinal) {
        if (ordinal >= polledAt.length) {
            int before = polled.length;
            polledAt = Arrays.copyOf(polledAt, ordinal + 16);
            dispatched = Arrays.copyOf(dispatched, ordinal + 16);
            polled = Arrays.copyOf(polled, ordinal + 16);
            Arrays.fill(polled, before, polled.length, EngineStats.UNKNOWN);
        }
    }

    @Override
    double cost(SchedulingContext context, int place) {
        int ordinal = ordinal(context, place);
        var page = polled[ordinal];
        double kv = Double.isNaN(page.kvUsage()) ? 0 : page.kvUsage();
        return seconds(Math.max(0, page.waiting()) * WAITING_TOKENS, dispatched[ordinal], kv);
    }

    @Override
    public void placed(ReplayRequest request, int replica, int believedCachedTokens) {
        super.placed(request, replica, believedCachedTokens);
        room(replica);
        dispatched[replica] += request.prompt().length();
    }
}
