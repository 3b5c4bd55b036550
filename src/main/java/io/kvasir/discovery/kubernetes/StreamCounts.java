package io.kvasir.discovery.kubernetes;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What happened on the stream of one kind of object. */
public final class StreamCounts implements Metered {
    private final String kind;
    private final LongAdder resyncs = new LongAdder();
    private final LongAdder resyncNanos = new LongAdder();
    private final LongAdder watches = new LongAdder();
    private final LongAdder events = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private final AtomicLongArray failures = new AtomicLongArray(WatchFailure.values().length);
    private volatile @Nullable WatchFailure off;
    private volatile boolean failing;

    StreamCounts(String kind) {
        this.kind = kind;
    }

    /** The plural of the kind, such as {@code pods}. */
    public String kind() {
        return kind;
    }

    /** Times that all objects were listed. */
    public long resyncs() {
        return resyncs.sum();
    }

    /** Time from asking for all objects to having handed them on, in ns, over all resyncs. */
    public long resyncNanos() {
        return resyncNanos.sum();
    }

    /** Watches opened; all but the first are restarts. */
    public long watches() {
        return watches.sum();
    }

    /** Changes received. */
    public long events() {
        return events.sum();
    }

    /** Objects that could not be understood, and were passed over. */
    public long malformed() {
        return malformed.sum();
    }

    /** Lists and watches that failed for this reason. */
    public long failures(WatchFailure reason) {
        return failures.get(reason.ordinal());
    }

    /** Why the kind is not followed at the moment, for a kind one can do without; null while it is. */
    public @Nullable WatchFailure off() {
        return off;
    }

    /** Whether the last try failed: what is known may be out of date. */
    public boolean failing() {
        return failing;
    }

    void resynced(long nanos) {
        resyncs.increment();
        resyncNanos.add(nanos);
    }

    void watching() {
        watches.increment();
        failing = false;
        off = null;
    }

    void event() {
        events.increment();
    }

    void misunderstood() {
        malformed.increment();
    }

    void failed(WatchFailure reason) {
        failures.incrementAndGet(reason.ordinal());
        failing = reason != WatchFailure.GONE;
    }

    void switchedOff(WatchFailure reason) {
        off = reason;
    }

    @Override
    public void describe(MetricSink sink) {
        String kind = kind();
        sink.counter("kvasir_discovery_resyncs", "Times all objects were listed.", resyncs(), "kind", kind);
        sink.counter(
                "kvasir_discovery_resync_seconds",
                "Time spent listing, waiting for the server included.",
                resyncNanos() * 1e-9,
                "kind",
                kind);
        sink.counter("kvasir_discovery_watches", "Watches opened.", watches(), "kind", kind);
        sink.counter("kvasir_discovery_events", "Changes received.", events(), "kind", kind);
        sink.counter("kvasir_discovery_malformed", "Objects that could not be read.", malformed(), "kind", kind);
        sink.gauge("kvasir_discovery_failing", "1 while the last try failed.", failing() ? 1 : 0, "kind", kind);
        for (WatchFailure reason : WatchFailure.values()) {
            sink.counter(
                    "kvasir_discovery_failures",
                    "Lists and watches that failed, by reason.",
                    failures(reason),
                    "kind",
                    kind,
                    "reason",
                    reason.code());
        }
        var off = off();
        if (off != null) {
            sink.gauge(
                    "kvasir_discovery_off",
                    "Kinds that are done without, and why.",
                    1,
                    "kind",
                    kind,
                    "reason",
                    off.code());
        }
    }
}
