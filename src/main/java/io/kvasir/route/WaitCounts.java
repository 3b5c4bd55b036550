package io.kvasir.route;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLongArray;

/** How many requests wait, and have waited, for what. */
public final class WaitCounts implements Metered {
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

    @Override
    public void describe(MetricSink sink) {
        for (WaitReason reason : WaitReason.values()) {
            sink.gauge(
                    "kvasir_waiting_requests",
                    "Requests that wait before they are scheduled, by what for.",
                    waiting(reason),
                    "reason",
                    reason.code());
        }
        sink.counters(
                "kvasir_waits",
                "Waits before a request was scheduled that have begun, by what for.",
                "reason",
                WaitReason.values(),
                WaitReason::code,
                this::begun);
        sink.counters(
                "kvasir_waits_left",
                "Waits that ended because their client or gateway left, by what for.",
                "reason",
                WaitReason.values(),
                WaitReason::code,
                this::cancelled);
    }
}
