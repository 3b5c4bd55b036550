package io.kvasir.discovery.kubernetes;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** What discovery counts. */
public final class DiscoveryCounts implements Metered {
    private final Map<String, StreamCounts> streams = new ConcurrentSkipListMap<>();
    private final Map<String, Integer> objects = new ConcurrentSkipListMap<>();
    private final LongAdder applied = new LongAdder();
    private final LongAdder applyNanos = new LongAdder();
    private volatile EndpointPlan.Made made = EndpointPlan.Made.NOTHING;

    /** Counts of each kind of object that is or was followed. */
    public List<StreamCounts> streams() {
        return List.copyOf(streams.values());
    }

    /** Objects known, by kind. */
    public Map<String, Integer> objects() {
        return Map.copyOf(objects);
    }

    /** Times that the list of endpoints was made. */
    public long applied() {
        return applied.sum();
    }

    /** Time spent making lists of endpoints and giving them to the pool, in ns. */
    public long applyNanos() {
        return applyNanos.sum();
    }

    /** Pods that the selector matches and that are no endpoint for this reason. */
    public int ignored(IgnoredPod reason) {
        return made.ignored()[reason.ordinal()];
    }

    /** Groups of pods that cannot serve. */
    public int incompleteGroups() {
        return made.incompleteGroups();
    }

    /** Groups of pods. */
    public int groups() {
        return made.groups();
    }

    /** Endpoints' pods whose role label means nothing here. */
    public int unknownRoles() {
        return made.unknownRoles();
    }

    /** Endpoints' pods whose engine label means nothing here. */
    public int unknownEngines() {
        return made.unknownEngines();
    }

    StreamCounts stream(String kind) {
        return streams.computeIfAbsent(kind, StreamCounts::new);
    }

    void objects(String kind, int count) {
        objects.put(kind, count);
    }

    void applied(EndpointPlan.Made made, long nanos) {
        this.made = made;
        applied.increment();
        applyNanos.add(nanos);
    }

    @Override
    public void describe(MetricSink sink) {
        streams().forEach(stream -> stream.describe(sink));
        objects()
                .forEach((kind, number) ->
                        sink.gauge("kvasir_discovery_objects", "Objects known, by kind.", number, "kind", kind));
        for (IgnoredPod reason : IgnoredPod.values()) {
            sink.gauge(
                    "kvasir_discovery_ignored_pods",
                    "Selected pods that are no endpoint, by reason.",
                    ignored(reason),
                    "reason",
                    reason.code());
        }
        sink.gauge("kvasir_discovery_groups", "Leader/worker groups.", groups());
        sink.gauge("kvasir_discovery_incomplete_groups", "Groups of which pods are not ready.", incompleteGroups());
        unknownLabels(sink, "role", unknownRoles());
        unknownLabels(sink, "engine", unknownEngines());
        sink.counter("kvasir_discovery_applied", "Lists of endpoints made.", applied());
        sink.counter("kvasir_discovery_apply_seconds", "Time spent making lists of endpoints.", applyNanos() * 1e-9);
    }

    private static void unknownLabels(MetricSink sink, String label, int pods) {
        sink.gauge(
                "kvasir_discovery_unknown_labels",
                "Endpoints' pods with a label whose value means nothing here.",
                pods,
                "label",
                label);
    }
}
