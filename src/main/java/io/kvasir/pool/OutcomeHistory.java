package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How the last {@link #LENGTH} requests at an endpoint went, each counted once: one bit a request, the newest lowest.
 * What has not changed for {@link #MEMORY_NANOS} says nothing any more.
 */
final class OutcomeHistory {
    /** Requests remembered. */
    static final int LENGTH = 32;

    private static final long MEMORY_NANOS = 300_000_000_000L;
    private static final long BITS = (1L << LENGTH) - 1;

    /** The bits, and above them how many of them count. */
    private final AtomicLong packed = new AtomicLong();

    private volatile long changedNanos;

    void add(boolean failed, long nowNanos) {
        if (nowNanos - changedNanos > MEMORY_NANOS) {
            packed.set(0);
        }
        changedNanos = nowNanos;
        long before;
        long after;
        do {
            before = packed.get();
            long count = Math.min(LENGTH, (before >>> LENGTH) + 1);
            after = count << LENGTH | (before << 1 & BITS) | (failed ? 1 : 0);
        } while (!packed.compareAndSet(before, after));
    }

    void clear() {
        packed.set(0);
    }

    /** Requests that count, 0 to {@link #LENGTH}. */
    int requests(long nowNanos) {
        return nowNanos - changedNanos > MEMORY_NANOS ? 0 : (int) (packed.get() >>> LENGTH);
    }

    /** Those of them that failed. */
    int failures(long nowNanos) {
        return nowNanos - changedNanos > MEMORY_NANOS ? 0 : Long.bitCount(packed.get() & BITS);
    }
}
