package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicLongArray;

/** How often an endpoint was picked, by reason. */
public final class PickCounts {
    private final AtomicLongArray counts = new AtomicLongArray(PickReason.values().length);

    public void count(PickReason reason) {
        counts.getAndIncrement(reason.ordinal());
    }

    public long get(PickReason reason) {
        return counts.get(reason.ordinal());
    }
}
