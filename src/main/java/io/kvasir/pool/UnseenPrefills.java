package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Prefills on one endpoint whose end does not show, since their answers come in one piece: they stay in the books of
 * {@link EndpointLoad} for as long as their answers take. What of them should be computed by now is told here. Safe for any
 * thread.
 */
public final class UnseenPrefills {
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong dueNanos = new AtomicLong();

    UnseenPrefills() {}

    /**
     * One was placed.
     *
     * @param prefillNanos that it is expected to take, as in the books
     * @param beforeNanos expected until the endpoint begins with it
     */
    void place(long prefillNanos, long beforeNanos, long nowNanos) {
        long others = Math.max(0, nanos.getAndAdd(prefillNanos));
        count.getAndAdd(1);
        // those that ended sooner than was expected, or were given up, leave no later a due time than what is there
        // takes
        long latest = Math.max(beforeNanos, others);
        dueNanos.updateAndGet(due -> nowNanos + Math.clamp(due - nowNanos, beforeNanos, latest) + prefillNanos);
    }

    /** One that was placed with that amount is in the books no longer. */
    void release(long prefillNanos) {
        nanos.getAndAdd(-prefillNanos);
        count.getAndAdd(-1);
    }

    /** Expected time in ns of those in the books. */
    public long nanos() {
        return nanos.get();
    }

    /** How many are in the books. */
    public long count() {
        return count.get();
    }

    /** When the last of them should be computed; earlier than now where all should be. */
    long dueNanos() {
        return dueNanos.get();
    }

    /** Expected time in ns of those in the books that should be computed by now. */
    public long overdueNanos(long nowNanos) {
        long all = nanos.get();
        return all <= 0 ? 0 : Math.max(0, all - Math.max(0, dueNanos.get() - nowNanos));
    }

    /** The share of them that should be computed by now, in expected time; 0 where there are none. */
    double computedShare(long nowNanos) {
        long all = nanos.get();
        return all <= 0 ? 0 : Math.min(1, (double) overdueNanos(nowNanos) / all);
    }
}
