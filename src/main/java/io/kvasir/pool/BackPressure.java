package io.kvasir.pool;

import org.jspecify.annotations.Nullable;

/**
 * For how long an endpoint that said "too busy" is left alone: as long as it asked for, else 1 s, twice as long with each
 * time in a row, never over {@link #MOST_NANOS}. Immutable.
 *
 * @param inRow times in a row so far, as far as they double anything
 * @param ever whether it ever said so; else {@code untilNanos} means nothing
 */
record BackPressure(int inRow, boolean ever, long untilNanos) {
    static final BackPressure NONE = new BackPressure(0, false, 0);

    private static final long FIRST_NANOS = 1_000_000_000;
    private static final long MOST_NANOS = 30_000_000_000L;
    private static final int MOST_DOUBLINGS = 5;

    // spelled out, as what stands for it in a record is put together by the first request that needs it
    @Override
    public boolean equals(@Nullable Object that) {
        return that instanceof BackPressure other
                && inRow == other.inRow
                && ever == other.ever
                && untilNanos == other.untilNanos;
    }

    @Override
    public int hashCode() {
        int hash = inRow;
        hash = 31 * hash + Boolean.hashCode(ever);
        hash = 31 * hash + Long.hashCode(untilNanos);
        return hash;
    }

    /** @param askedNanos how long it asked to be left alone; 0 or less where it did not say */
    BackPressure pressed(long askedNanos, long nowNanos) {
        long until = nowNanos + Math.min(MOST_NANOS, askedNanos > 0 ? askedNanos : FIRST_NANOS << inRow);
        return new BackPressure(Math.min(MOST_DOUBLINGS, inRow + 1), true, ever ? later(until, untilNanos) : until);
    }

    private static long later(long one, long other) {
        return one - other > 0 ? one : other;
    }

    /** It has served a request: the next "too busy" is a first one. */
    BackPressure served() {
        return inRow == 0 ? this : new BackPressure(0, ever, untilNanos);
    }

    boolean holds(long nowNanos) {
        return ever && untilNanos - nowNanos > 0;
    }
}
