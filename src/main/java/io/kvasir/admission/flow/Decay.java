package io.kvasir.admission.flow;

/**
 * Exponential forgetting without touching what is forgotten: what comes later counts for more instead, so that amounts of
 * different times keep their order. Guarded by the lock of the queue.
 */
final class Decay {
    /** Half-lives after which amounts have to be made smaller, long before they have no room in a double. */
    private static final double MOST_HALF_LIVES = 60;

    private long originNanos;

    Decay(long nowNanos) {
        originNanos = nowNanos;
    }

    private double halfLives(double halfLifeSeconds, long nowNanos) {
        return Math.max(0, nowNanos - originNanos) * 1e-9 / halfLifeSeconds;
    }

    /** How many times as much as at the origin one token counts now. */
    double growth(double halfLifeSeconds, long nowNanos) {
        return Math.exp(Math.min(700, halfLives(halfLifeSeconds, nowNanos) * Math.log(2)));
    }

    boolean due(double halfLifeSeconds, long nowNanos) {
        return halfLives(halfLifeSeconds, nowNanos) > MOST_HALF_LIVES;
    }

    /** Now is the origin. Returns the factor for all amounts. */
    double rebase(double halfLifeSeconds, long nowNanos) {
        double factor = 1 / growth(halfLifeSeconds, nowNanos);
        originNanos = nowNanos;
        return factor;
    }
}
