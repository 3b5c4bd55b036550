package io.kvasir.route;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes of request bodies that a door may hold at one time, over all its requests. Safe for any thread. */
public final class BodyBudget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit most bytes held */
    public BodyBudget(long limit) {
        this.limit = limit;
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

    /** Bytes held now. */
    public long used() {
        return used.get();
    }
}
