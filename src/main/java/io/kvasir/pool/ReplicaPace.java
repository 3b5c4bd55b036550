package io.kvasir.pool;

/**
 * How many times as long as others like it a replica takes: a slow device, a throttled one, a neighbour on the same host. A
 * mean of what was seen lately that forgets. Where a slow replica gets nothing to do and so shows nothing, it counts as
 * slow for a while, then as less and less so, until somebody tries it; each time that it is slow again after it did well that
 * while doubles. Safe for any thread, without locks; of updates that race one may be lost.
 */
public final class ReplicaPace {
    /** No replica is taken for faster than this, or for slower than {@link #MOST}. */
    public static final double LEAST = 0.5;

    public static final double MOST = 10;

    /** Share of a new observation, in ratios. */
    private static final double NEW_SHARE = 0.25;

    /** One observation counts for no more than this many times what was expected. */
    private static final double MOST_STEP = Math.log(3);

    /** Share by which each observation draws towards 1: what is so of all replicas is for the rates of their class to say. */
    private static final double TO_CLASS = 0.02;

    /** Within this share of 1 it is 1: what one replica shows differs from request to request. */
    private static final double EVEN = 0.15;

    /** From here on it is slow, and is tried again when it was not seen for a while. */
    private static final double SLOW = 1.4;

    private static final long FIRST_HOLD_NANOS = 6_000_000_000L;
    private static final long MOST_HOLD_NANOS = 60_000_000_000L;

    /** How long it must have done well to be trusted again as at first. */
    private static final long FORGIVEN_NANOS = 300_000_000_000L;

    /**
     * @param factor mean of the last ratios
     * @param seenNanos when the last came
     * @param holdNanos for how long it counts as slow unseen
     * @param slowNanos when it was slow last
     * @param slow whether it is slow now
     */
    private record State(double factor, long seenNanos, long holdNanos, long slowNanos, boolean slow) {}

    private volatile boolean even = true;
    private volatile State state = new State(1, 0, FIRST_HOLD_NANOS, 0, false);

    /** How many times as long as others like it things take on it; 1 for as long. */
    public double factor(long nowNanos) {
        // nearly all are, and are asked by every decision
        return even ? 1 : factor(state, nowNanos);
    }

    private static double factor(State now, long nowNanos) {
        double factor = now.factor;
        if (Math.abs(factor - 1) < EVEN) {
            return 1;
        }
        long unseen = nowNanos - now.seenNanos - now.holdNanos;
        if (factor > 1 && unseen > 0) {
            // as long again until it is as good as any
            factor = 1 + (factor - 1) * Math.max(0, 1 - (double) unseen / now.holdNanos);
        }
        return factor;
    }

    /**
     * Something took so many times as long as was expected of others like it.
     *
     * @param trust how much that tells, above 0 and at most 1
     */
    public void observed(double ratio, double trust, long nowNanos) {
        if (!(ratio > 0) || !Double.isFinite(ratio) || !(trust > 0)) {
            return;
        }
        var before = state;
        double from = Math.abs(before.factor - 1) < EVEN ? before.factor : factor(before, nowNanos);
        double step = Math.clamp(Math.log(ratio / from), -MOST_STEP, MOST_STEP);
        // who was slow more than once shows for longer that it no longer is
        double share = step < 0 && before.factor > 1 ? NEW_SHARE * FIRST_HOLD_NANOS / before.holdNanos : NEW_SHARE;
        double next = from * Math.exp(share * trust * step);
        next = Math.clamp(1 + (next - 1) * (1 - TO_CLASS), LEAST, MOST);
        boolean slow = next > SLOW || before.slow && next > 1 + EVEN;
        boolean again = !before.slow && before.slowNanos != 0;
        long hold = before.holdNanos;
        if (slow && again) {
            hold = nowNanos - before.slowNanos > FORGIVEN_NANOS
                    ? FIRST_HOLD_NANOS
                    : Math.min(MOST_HOLD_NANOS, 2 * hold);
        }
        even = Math.abs(next - 1) < EVEN;
        state = new State(next, nowNanos, hold, slow ? Math.max(1, nowNanos) : before.slowNanos, slow);
    }
}
