package io.kvasir.admission.flow;

/**
 * What comes to wait of a tenant, by size: where the smallest is first, it goes before whatever is larger and waits already.
 * Over the last ten seconds or so. Guarded by the lock of the queue.
 */
final class Overtaking {
    private static final double MEMORY_SECONDS = 10;
    private static final double SECOND = 1e9;

    /** What came in less than that tells no rate: a burst need not go on. */
    private static final double LEAST_SECONDS = 1;

    /** Sizes that are told apart: by powers of two. */
    private final double[] tokens = new double[Long.SIZE];

    private double seconds;
    private long lastNanos;
    private boolean begun;

    /** A request that costs so many tokens begins to wait. */
    void came(long cost, long nowNanos) {
        pass(nowNanos);
        tokens[size(cost)] += cost;
    }

    /** Tokens a second of those that cost less; 0 where that is not known yet. */
    double tokensPerSecondBelow(double cost, long nowNanos) {
        pass(nowNanos);
        int own = size(Math.round(cost));
        double sum = tokens[own] * (cost / (1L << own) - 1);
        for (int i = 0; i < own; i++) {
            sum += tokens[i];
        }
        return seconds < LEAST_SECONDS ? 0 : sum / seconds;
    }

    private static int size(long cost) {
        return Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(1, cost));
    }

    private void pass(long nowNanos) {
        if (begun) {
            double kept = Math.exp(-Math.max(0, nowNanos - lastNanos) / SECOND / MEMORY_SECONDS);
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] *= kept;
            }
            seconds = seconds * kept + MEMORY_SECONDS * (1 - kept);
        }
        begun = true;
        lastNanos = nowNanos;
    }
}
