package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * For how long an endpoint that said "too busy" is left alone: as long as it asked for, else 1 s, twice as long with each
 * time in a row, never over {@link #MOST_NANOS}.
 */
final class BackPressure {
    private static final long FIRST_NANOS = 1_000_000_000;
    private static final long MOST_NANOS = 30_000_000_000L;
    private static final int MOST_DOUBLINGS = 5;

    private final AtomicInteger inRow = new AtomicInteger();
    private volatile boolean ever;
    private volatile long untilNanos;

    /** @param askedNanos how long it asked to be left alone; 0 or less where it did not say */
    void pressed(long askedNanos, long nowNanos) {
        int before = Math.min(MOST_DOUBLINGS, inRow.getAndUpdate(n -> Math.min(n + 1, MOST_DOUBLINGS)));
        long nanos = Math.min(MOST_NANOS, askedNanos > 0 ? askedNanos : FIRST_NANOS << before);
        if (!ever || nowNanos + nanos - untilNanos > 0) {
            untilNanos = nowNanos + nanos;
            ever = true;
        }
    }

    /** It has served a request: the next "too busy" is a first one. */
    void served() {
        if (inRow.get() != 0) {
            inRow.set(0);
        }
    }

    boolean holds(long nowNanos) {
        return ever && untilNanos - nowNanos > 0;
    }
}
