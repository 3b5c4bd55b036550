package io.kvasir.pool;

/**
 * How the last {@link #LENGTH} requests at an endpoint went, each counted once: one bit a request, the newest lowest.
 * What has not changed for {@link #MEMORY_NANOS} says nothing any more. Immutable.
 *
 * @param packed the bits, and above them how many of them count
 * @param changedNanos when the newest was added
 */
record OutcomeHistory(long packed, long changedNanos) {
    /** Requests remembered. */
    static final int LENGTH = 32;

    static final OutcomeHistory EMPTY = new OutcomeHistory(0, 0);

    private static final long MEMORY_NANOS = 300_000_000_000L;
    private static final long BITS = (1L << LENGTH) - 1;

    OutcomeHistory add(boolean failed, long nowNanos) {
        long before = over(nowNanos) ? 0 : packed;
        long count = Math.min(LENGTH, (before >>> LENGTH) + 1);
        return new OutcomeHistory(count << LENGTH | (before << 1 & BITS) | (failed ? 1 : 0), nowNanos);
    }

    /** Requests that count, 0 to {@link #LENGTH}. */
    int requests(long nowNanos) {
        return over(nowNanos) ? 0 : (int) (packed >>> LENGTH);
    }

    /** Those of them that failed. */
    int failures(long nowNanos) {
        return over(nowNanos) ? 0 : Long.bitCount(packed & BITS);
    }

    private boolean over(long nowNanos) {
        return nowNanos - changedNanos > MEMORY_NANOS;
    }
}
