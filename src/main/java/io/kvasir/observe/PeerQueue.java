package io.kvasir.observe;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.QueueSnapshot.Band;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.LinkedHashMap;

/**
 * What waits, under the names that llm-d-router's dashboards read ({@code flow_control_*}). A label that is not known of
 * what waits is empty, and tenants beyond a bound are one.
 */
final class PeerQueue implements Metered {
    private static final String FAMILIES = "llm_d_epp_flow_control_";
    private static final String OLDER = "inference_extension_flow_control_";
    private static final String POOL = "inference_pool";
    private static final String PRIORITY = "priority";

    /** What is counted apart. Who names the flow of those who name none waits with them. */
    private record Flow(String name, int priority) {
        static Flow of(String tenant, int priority) {
            return new Flow(tenant.isEmpty() ? "default-flow" : tenant, priority);
        }
    }

    private final FlowControl queue;
    private final String pool;

    PeerQueue(FlowControl queue, String pool) {
        this.queue = queue;
        this.pool = pool;
    }

    @Override
    public void describe(MetricSink page) {
        var sink = new Twins(page, FAMILIES, OLDER);
        var now = queue.snapshot();
        var tenants = QueueMetrics.tenants(now);
        if (tenants.isEmpty()) {
            // autoscalers take a series that is not there for a failure
            size(sink, Flow.of("", 0), 0);
        }
        var flows = new LinkedHashMap<Flow, Long>();
        tenants.forEach(
                tenant -> flows.merge(Flow.of(tenant.tenant(), tenant.priority()), (long) tenant.waiting(), Long::sum));
        flows.forEach((flow, waiting) -> size(sink, flow, waiting));
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

    private void size(MetricSink sink, Flow flow, long waiting) {
        sink.gauge(FAMILIES + "queue_size", "Requests that wait.", waiting, ofFlow(flow.name, flow.priority));
    }

    private String[] ofFlow(String name, int priority) {
        return new String[] {
            "fairness_id",
            name,
            PRIORITY,
            Integer.toString(priority),
            POOL,
            pool,
            "model_name",
            "",
            "target_model_name",
            ""
        };
    }

    private void band(MetricSink sink, Band band) {
        String[] labels = {PRIORITY, Integer.toString(band.priority()), POOL, pool};
        var limits = band.settings().limits();
        sink.gauge(FAMILIES + "queue_bytes", "Bytes that wait.", band.bytes(), ofFlow("", band.priority()));
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
