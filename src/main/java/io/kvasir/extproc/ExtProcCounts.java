package io.kvasir.extproc;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.request.RefusalReason;
import io.kvasir.route.RefusalCounts;
import java.util.concurrent.atomic.LongAdder;

/** Counters of the picker, all since its start. */
public final class ExtProcCounts implements Metered {
    private final LongAdder[] events = new LongAdder[StreamEvent.values().length];
    private final LongAdder open = new LongAdder();
    private final RefusalCounts refusals = new RefusalCounts();

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

    void refused(RefusalReason reason) {
        count(StreamEvent.REFUSED);
        refusals.count(reason);
    }

    /** How often that happened. */
    public long of(StreamEvent event) {
        return events[event.ordinal()].sum();
    }

    /** Streams now open. */
    public long open() {
        return open.sum();
    }

    /** Immediate responses. */
    public RefusalCounts refusals() {
        return refusals;
    }

    @Override
    public void describe(MetricSink sink) {
        for (StreamEvent event : StreamEvent.values()) {
            sink.counter("kvasir_ext_proc_events", "What happened on streams.", of(event), "event", event.code());
        }
        sink.gauge("kvasir_ext_proc_streams", "Streams open.", open());
        refusals.forEach((reason, count) ->
                sink.counter("kvasir_ext_proc_refusals", "Immediate responses, by reason.", count, "reason", reason));
    }
}
