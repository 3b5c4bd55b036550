package io.kvasir.admission.flow;

/**
 * How fast a band's queue drains, over the last ten seconds or so in which something waited. Guarded by the lock of the
 * queue.
 */
final class DrainRate {
    private static final double MEMORY_SECONDS = 10;
    private static final double LEAST_SECONDS = 0.2;

    /** For how much of what was seen a belief stands. */
    private static final double BELIEF_SECONDS = 1;

    private double tokens;
    private double requests;
    private double seconds;
    private long lastNanos;
    private boolean draining;

    /** Time went by, in which something waited or not. */
    void pass(boolean waited, long nowNanos) {
        if (draining) {
            double passed = Math.max(0, nowNanos - lastNanos) * 1e-9;
            double kept = Math.exp(-passed / MEMORY_SECONDS);
            tokens *= kept;
            requests *= kept;
            // what each moment of the interval still counts
            seconds = seconds * kept + MEMORY_SECONDS * (1 - kept);
        }
        draining = waited;
        lastNanos = nowNanos;
    }

    /** So many tokens' worth of one request were let go. */
    void letGo(double cost) {
        tokens += cost;
        requests++;
    }

    /** Whether what was seen needs no belief beside it. */
    boolean settled() {
        return seconds > MEMORY_SECONDS / 2;
    }

    /**
     * Tokens a second.
     *
     * @param believed what is to be expected where little was seen; 0 for nothing
     */
    double tokensPerSecond(double believed) {
        return believed <= 0
                ? seconds <= 0 ? 0 : tokens / seconds
                : (tokens + believed * BELIEF_SECONDS) / (seconds + BELIEF_SECONDS);
    }

    /** Requests a second; 0 where that is not known. */
    double requestsPerSecond() {
        return seconds < LEAST_SECONDS ? 0 : requests / seconds;
    }
}
