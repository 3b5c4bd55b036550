package io.kvasir.app;

import io.kvasir.discovery.kubernetes.DiscoveryCounts;
import io.kvasir.discovery.kubernetes.IgnoredPod;
import io.kvasir.discovery.kubernetes.StreamCounts;
import io.kvasir.discovery.kubernetes.WatchFailure;
import io.kvasir.observe.Families;

/** Metrics of discovery in a cluster. */
final class DiscoveryMetrics {
    private DiscoveryMetrics() {}

    static void collect(Families families, DiscoveryCounts counts, boolean synced) {
        families.gauge("kvasir_discovery_synced", "1 when pool and pods are known.", synced ? 1 : 0);
        counts.streams().forEach(stream -> stream(families, stream));
        counts.objects()
                .forEach((kind, number) ->
                        families.gauge("kvasir_discovery_objects", "Objects known, by kind.", number, "kind", kind));
        for (IgnoredPod reason : IgnoredPod.values()) {
            families.gauge(
                    "kvasir_discovery_ignored_pods",
                    "Selected pods that are no endpoint, by reason.",
                    counts.ignored(reason),
                    "reason",
                    reason.code());
        }
        families.gauge("kvasir_discovery_groups", "Leader/worker groups.", counts.groups());
        families.gauge(
                "kvasir_discovery_incomplete_groups", "Groups of which pods are not ready.", counts.incompleteGroups());
        unknownLabels(families, "role", counts.unknownRoles());
        unknownLabels(families, "engine", counts.unknownEngines());
        families.counter("kvasir_discovery_applied", "Lists of endpoints made.", counts.applied());
        families.counter(
                "kvasir_discovery_apply_seconds", "Time spent making lists of endpoints.", counts.applyNanos() * 1e-9);
    }

    private static void unknownLabels(Families families, String label, int pods) {
        families.gauge(
                "kvasir_discovery_unknown_labels",
                "Endpoints' pods with a label whose value means nothing here.",
                pods,
                "label",
                label);
    }

    private static void stream(Families families, StreamCounts stream) {
        String kind = stream.kind();
        families.counter("kvasir_discovery_resyncs", "Times all objects were listed.", stream.resyncs(), "kind", kind);
        families.counter(
                "kvasir_discovery_resync_seconds",
                "Time spent listing, waiting for the server included.",
                stream.resyncNanos() * 1e-9,
                "kind",
                kind);
        families.counter("kvasir_discovery_watches", "Watches opened.", stream.watches(), "kind", kind);
        families.counter("kvasir_discovery_events", "Changes received.", stream.events(), "kind", kind);
        families.counter(
                "kvasir_discovery_malformed", "Objects that could not be read.", stream.malformed(), "kind", kind);
        families.gauge(
                "kvasir_discovery_failing", "1 while the last try failed.", stream.failing() ? 1 : 0, "kind", kind);
        for (WatchFailure reason : WatchFailure.values()) {
            families.counter(
                    "kvasir_discovery_failures",
                    "Lists and watches that failed, by reason.",
                    stream.failures(reason),
                    "kind",
                    kind,
                    "reason",
                    reason.code());
        }
        var off = stream.off();
        if (off != null) {
            families.gauge(
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
