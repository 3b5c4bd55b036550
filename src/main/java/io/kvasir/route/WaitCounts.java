package io.kvasir.route;

import java.util.concurrent.atomic.AtomicLongArray;

/** How many requests wait, and have waited, for what. */
public final class WaitCounts {
    private final AtomicLongArray begun = new AtomicLongArray(WaitReason.values().length);
    private final AtomicLongArray waiting = new AtomicLongArray(WaitReason.values().length);
    private final AtomicLongArray cancelled = new AtomicLongArray(WaitReason.values().length);

    /** Waits that have begun. */
    public long begun(WaitReason reason) {
        return begun.get(reason.ordinal());
    }

    /** Requests that wait now. */
    public long waiting(WaitReason reason) {
        return waiting.get(reason.ordinal());
    }

    /** Waits that ended because their caller left. */
    public long cancelled(WaitReason reason) {
        return cancelled.get(reason.ordinal());
    }

    void begin(WaitReason reason) {
        begun.getAndIncrement(reason.ordinal());
        waiting.getAndIncrement(reason.ordinal());
    }

    void end(WaitReason reason) {
        waiting.getAndDecrement(reason.ordinal());
    }

    void cancel(WaitReason reason) {
        cancelled.getAndIncrement(reason.ordinal());
        end(reason);
    }
}
