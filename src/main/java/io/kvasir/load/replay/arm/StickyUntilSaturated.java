package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;

/**
 * llm-d's guide profile since 2026-08, {@code prefix-cache-affinity-filter} and {@code token-load-scorer} with their
 * defaults: the replicas that hold at least 0.80 of the prompt stay, unless the best of them has over 18 s more of prefill in
 * flight than the best of the others, at 15,928 tokens/s whatever the replica; of those that are left, the one with the
 * fewest tokens in flight, this request's uncached ones included (llm-d-router, plug-ins' README; blog of 2026-08-17).
 */
final class StickyUntilSaturated extends Formula {
    static final double THRESHOLD = 0.80;
    static final double PENALTY_SECONDS = 18;
    static final double TOKENS_PER_SECOND = 15_928;
    private static final double QUEUE_THRESHOLD = 4_194_304;
    private static final double OUT = 10 * QUEUE_THRESHOLD;

    private boolean sticks;

    StickyUntilSaturated(String name, TimeModel time) {
        super(name, time);
    }

    /**
     * Whether holders are kept.
     *
     * @param holder fewest tokens in flight of those that hold the prompt; infinite where nobody does
     * @param other fewest of the others; infinite where there are none
     */
    static boolean sticks(double holder, double other) {
        return holder < Double.POSITIVE_INFINITY && (holder - other) / TOKENS_PER_SECOND <= PENALTY_SECONDS;
    }

    @Override
    void prepare(SchedulingContext context) {
        double holder = Double.POSITIVE_INFINITY;
        double other = Double.POSITIVE_INFINITY;
        for (int i = 0; i < context.size(); i++) {
            double tokens = work().prefillTokens(ordinal(context, i));
            if (held(context, i) >= THRESHOLD) {
                holder = Math.min(holder, tokens);
            } else {
                other = Math.min(other, tokens);
            }
        }
        sticks = sticks(holder, other);
    }

    @Override
    double cost(SchedulingContext context, int place) {
        if (sticks && held(context, place) < THRESHOLD) {
            return OUT;
        }
        return Math.min(QUEUE_THRESHOLD, work().prefillTokens(ordinal(context, place)) + uncached(context, place));
    }
}
