package io.kvasir.observe;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.QueueSnapshot;
import io.kvasir.admission.flow.QueueSnapshot.Band;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What waits, under the names that llm-d-router's dashboards and autoscalers read ({@code flow_control_*}). Who waited once
 * has a series from then on: autoscalers take one that is not there for a failure. Of a label that is not known the text is
 * empty; tenants beyond a bound are one, and so are models and flows.
 */
final class PeerQueue implements Metered {
    private static final String FAMILIES = "llm_d_epp_flow_control_";
    private static final String OLDER = "inference_extension_flow_control_";
    private static final String POOL = "inference_pool";
    private static final String PRIORITY = "priority";

    /** Flows that have series. */
    private static final int MOST_FLOWS = 1000;

    private static final String OTHER = "other";

    /** What is counted apart. */
    private record Series(String name, int priority, String asked, String model) {
        /** Of those that find no place. */
        Series other() {
            return new Series(OTHER, priority, OTHER, OTHER);
        }
    }

    private record Sum(long waiting, long bytes) {
        static final Sum NOTHING = new Sum(0, 0);

        Sum and(Sum more) {
            return new Sum(waiting + more.waiting, bytes + more.bytes);
        }
    }

    private final FlowControl queue;
    private final String pool;
    /** Those that have waited. */
    private final Set<Series> seen = new LinkedHashSet<>();

    PeerQueue(FlowControl queue, String pool) {
        this.queue = queue;
        this.pool = pool;
    }

    @Override
    public void describe(MetricSink page) {
        var sink = new Twins(page, FAMILIES, OLDER);
        var now = queue.snapshot();
        flows(now).forEach((series, sum) -> {
            sink.gauge(FAMILIES + "queue_size", "Requests that wait.", sum.waiting, labels(series));
            sink.gauge(FAMILIES + "queue_bytes", "Bytes that wait.", sum.bytes, labels(series));
        });
        sink.histogram(
                FAMILIES + "dispatch_cycle_duration_seconds", "Time of looking after what waits.", queue.rounds());
        now.bands().forEach(band -> band(sink, band));
        var limits = queue.settings().limits();
        if (limits.requests() != Long.MAX_VALUE) {
            sink.gauge(
                    FAMILIES + "global_capacity_utilization_requests",
                    "Share of all requests that may wait.",
                    (double) now.waiting() / limits.requests(),
                    POOL,
                    pool);
        }
        if (limits.bytes() != Long.MAX_VALUE) {
            sink.gauge(
                    FAMILIES + "global_capacity_utilization_bytes",
                    "Share of all bytes that may wait.",
                    (double) now.bytes() / limits.bytes(),
                    POOL,
                    pool);
        }
    }

    private synchronized Map<Series, Sum> flows(QueueSnapshot now) {
        var shown = new HashSet<String>();
        QueueMetrics.tenants(now).forEach(tenant -> shown.add(tenant.tenant()));
        var sums = new LinkedHashMap<Series, Sum>();
        seen.forEach(series -> sums.put(series, Sum.NOTHING));
        for (var flow : now.flows()) {
            // who names the flow of those who name none waits with them
            String name =
                    flow.tenant().isEmpty() ? "default-flow" : shown.contains(flow.tenant()) ? flow.tenant() : OTHER;
            var series = new Series(name, flow.priority(), flow.asked(), flow.model());
            boolean place = seen.contains(series) || seen.size() < MOST_FLOWS && seen.add(series);
            sums.merge(place ? series : series.other(), new Sum(flow.waiting(), flow.bytes()), Sum::and);
        }
        if (sums.isEmpty()) {
            sums.put(new Series("default-flow", 0, "", ""), Sum.NOTHING);
        }
        return sums;
    }

    private String[] labels(Series series) {
        return new String[] {
            "fairness_id",
            series.name,
            PRIORITY,
            Integer.toString(series.priority),
            POOL,
            pool,
            "model_name",
            series.asked,
            "target_model_name",
            series.model
        };
    }

    private void band(MetricSink sink, Band band) {
        String[] labels = {PRIORITY, Integer.toString(band.priority()), POOL, pool};
        var limits = band.settings().limits();
        sink.gauge(
                FAMILIES + "capacity_utilization_requests",
                "Share of the requests that may wait.",
                (double) band.waiting() / limits.requests(),
                labels);
        sink.gauge(
                FAMILIES + "capacity_utilization_bytes",
                "Share of the bytes that may wait.",
                (double) band.bytes() / limits.bytes(),
                labels);
        outcome(sink, band, "Dispatched", band.letIn() + band.letGo());
        outcome(sink, band, "RejectedCapacity", band.saturated());
        outcome(sink, band, "EvictedTTL", band.expired());
        outcome(sink, band, "EvictedNoEndpoints", band.noEndpoint());
        outcome(sink, band, "EvictedContextCancelled", band.left());
        sink.counter(FAMILIES + "revocations_issued", "Requests in flight asked to make room.", band.evicted(), labels);
        sink.histogram(
                FAMILIES + "request_enqueue_duration_seconds",
                "Time of letting requests in, holding or refusing them.",
                band.verdicts(),
                "fairness_id",
                "",
                PRIORITY,
                Integer.toString(band.priority()),
                "outcome",
                "NotYetFinalized");
        sink.histogram(
                FAMILIES + "request_queue_duration_seconds",
                "Time that requests waited that were let go.",
                band.waits(),
                "fairness_id",
                "",
                PRIORITY,
                Integer.toString(band.priority()),
                "outcome",
                "Dispatched",
                POOL,
                pool,
                "model_name",
                "",
                "target_model_name",
                "");
    }

    private void outcome(MetricSink sink, Band band, String outcome, long count) {
        sink.counter(
                FAMILIES + "requests",
                "Requests by what became of them before they were scheduled.",
                count,
                "outcome",
                outcome,
                PRIORITY,
                Integer.toString(band.priority()),
                POOL,
                pool);
    }
}
