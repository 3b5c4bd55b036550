package io.kvasir.extproc;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counters of the picker, all since its start. */
public final class ExtProcCounts {
    private final LongAdder[] events = new LongAdder[StreamEvent.values().length];
    private final LongAdder open = new LongAdder();
    private final Map<String, LongAdder> refusals = new ConcurrentHashMap<>();

    ExtProcCounts() {
        for (int i = 0; i < events.length; i++) {
            events[i] = new LongAdder();
        }
    }

    void count(StreamEvent event) {
        events[event.ordinal()].increment();
    }

    void opened() {
        open.increment();
        count(StreamEvent.OPENED);
    }

    void closed() {
        open.decrement();
    }

    /** Reasons are a fixed set, so the map is bounded. */
    void refused(String reason) {
        count(StreamEvent.REFUSED);
        refusals.computeIfAbsent(reason, _ -> new LongAdder()).increment();
    }

    /** How often that happened. */
    public long of(StreamEvent event) {
        return events[event.ordinal()].sum();
    }

    /** Streams now open. */
    public long open() {
        return open.sum();
    }

    /** Immediate responses by their reason, as in the reason header. */
    public Map<String, LongAdder> refusals() {
        return Map.copyOf(refusals);
    }
}
