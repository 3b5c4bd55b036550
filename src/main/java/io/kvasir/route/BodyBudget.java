package io.kvasir.route;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory, in bytes, that bodies on their way through may occupy at one time, over all requests and both doors. Safe for any
 * thread.
 */
public final class BodyBudget {
    private static final double HEAP_SHARE = 0.4;

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit most bytes held */
    public BodyBudget(long limit) {
        this.limit = limit;
    }

    /** Two fifths of the most memory that the process gives its objects. */
    public static BodyBudget ofHeap() {
        return new BodyBudget((long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE));
    }

    /** Takes bytes if they fit. */
    public boolean tryReserve(long bytes) {
        if (used.addAndGet(bytes) <= limit) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** Takes bytes that are there and cannot be refused, maybe beyond the limit. */
    public void reserve(long bytes) {
        used.addAndGet(bytes);
    }

    /** Gives back bytes that were taken. */
    public void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Most bytes held. */
    public long limit() {
        return limit;
    }

    /** Bytes held now. */
    public long used() {
        return used.get();
    }
}
