package io.kvasir.observe;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.QueueSnapshot;
import io.kvasir.admission.flow.QueueSnapshot.Band;
import io.kvasir.admission.flow.QueueSnapshot.Saturation;
import io.kvasir.admission.flow.QueueSnapshot.Tenant;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** What waits, who is served how much, and what autoscalers may go by. Tenants beyond {@value #MOST_TENANTS} are one. */
public final class QueueMetrics implements Metered {
    /** Tenants that have series of their own, those with most service. */
    static final int MOST_TENANTS = 100;

    private static final String OTHERS = "(others)";
    private static final String PRIORITY = "priority";

    private final FlowControl queue;

    public QueueMetrics(FlowControl queue) {
        this.queue = queue;
    }

    @Override
    public void describe(MetricSink sink) {
        var now = queue.snapshot();
        now.bands().forEach(band -> band(sink, band));
        tenants(now).forEach(tenant -> tenant(sink, tenant));
        now.classes().forEach(one -> hardware(sink, one));
        sink.gauge(
                "kvasir_fairness_index",
                "Jain's index of tenants' service over what they are entitled to: 1 is fair.",
                now.fairness());
        sink.gauge("kvasir_pool_empty", "Whether the pool has no endpoint: 1 or 0.", now.noEndpoint() ? 1 : 0);
    }

    private static void band(MetricSink sink, Band band) {
        String priority = Integer.toString(band.priority());
        sink.gauge("kvasir_queue_requests", "Requests that wait.", band.waiting(), PRIORITY, priority);
        sink.gauge(
                "kvasir_queue_bytes", "Bytes of the bodies of requests that wait.", band.bytes(), PRIORITY, priority);
        sink.gauge(
                "kvasir_queue_tokens",
                "Tokens of the prompts of requests that wait.",
                band.tokens(),
                PRIORITY,
                priority);
        sink.gauge(
                "kvasir_queue_in_flight",
                "Requests that were let in and have not ended.",
                band.inFlight(),
                PRIORITY,
                priority);
        sink.gauge(
                "kvasir_queue_oldest_seconds",
                "For how long the first of those that wait waits.",
                band.oldestWaitSeconds(),
                PRIORITY,
                priority);
        sink.gauge(
                "kvasir_queue_longest_seconds",
                "The longest wait that has ended.",
                band.longestWaitSeconds(),
                PRIORITY,
                priority);
        sink.gauge(
                "kvasir_queue_bound_seconds",
                "For how long a request may wait.",
                band.settings().longestWaitSeconds(),
                PRIORITY,
                priority);
        sink.gauge(
                "kvasir_queue_drain_per_second",
                "Requests let go a second, of late, while some waited.",
                band.drainPerSecond(),
                PRIORITY,
                priority);
        sink.histogram(
                "kvasir_queue_wait_seconds",
                "How long requests waited that were let go.",
                band.waits(),
                PRIORITY,
                priority);
        outcome(sink, priority, "at-once", band.letIn());
        outcome(sink, priority, "waited", band.letGo());
        outcome(sink, priority, "saturated", band.saturated());
        outcome(sink, priority, "expired", band.expired());
        outcome(sink, priority, "no-endpoint", band.noEndpoint());
        outcome(sink, priority, "left", band.left());
        sink.counter(
                "kvasir_queue_promoted",
                "Requests that were let go out of turn because of their age.",
                band.promoted(),
                PRIORITY,
                priority);
        sink.counter(
                "kvasir_queue_evicted",
                "Requests in flight that had to make room.",
                band.evicted(),
                PRIORITY,
                priority);
    }

    private static void outcome(MetricSink sink, String priority, String outcome, long count) {
        sink.counter(
                "kvasir_queue_outcomes",
                "Requests by what became of them before they were scheduled.",
                count,
                PRIORITY,
                priority,
                "outcome",
                outcome);
    }

    /** Those with most service, and the rest of each band as one. */
    static List<Tenant> tenants(QueueSnapshot now) {
        if (now.tenants().size() <= MOST_TENANTS) {
            return now.tenants();
        }
        var shown = new ArrayList<>(now.tenants().subList(0, MOST_TENANTS));
        var rest = new LinkedHashMap<Integer, Tenant>();
        for (var tenant : now.tenants().subList(MOST_TENANTS, now.tenants().size())) {
            rest.merge(tenant.priority(), others(tenant), QueueMetrics::sum);
        }
        shown.addAll(rest.values());
        return shown;
    }

    private static Tenant others(Tenant one) {
        return new Tenant(
                one.priority(),
                OTHERS,
                one.waiting(),
                one.inFlight(),
                one.oldestWaitSeconds(),
                one.servedTokens(),
                one.recentTokens(),
                one.share(),
                one.entitled());
    }

    private static Tenant sum(Tenant one, Tenant other) {
        return new Tenant(
                one.priority(),
                OTHERS,
                one.waiting() + other.waiting(),
                one.inFlight() + other.inFlight(),
                Math.max(one.oldestWaitSeconds(), other.oldestWaitSeconds()),
                one.servedTokens() + other.servedTokens(),
                one.recentTokens() + other.recentTokens(),
                one.share() + other.share(),
                one.entitled() + other.entitled());
    }

    private static void tenant(MetricSink sink, Tenant tenant) {
        String[] labels = {PRIORITY, Integer.toString(tenant.priority()), "tenant", tenant.tenant()};
        sink.gauge("kvasir_tenant_queue_requests", "Requests of a tenant that wait.", tenant.waiting(), labels);
        sink.gauge(
                "kvasir_tenant_in_flight",
                "Requests of a tenant that were let in and have not ended.",
                tenant.inFlight(),
                labels);
        sink.counter(
                "kvasir_tenant_served_tokens",
                "Prompt tokens computed and output tokens of a tenant.",
                tenant.servedTokens(),
                labels);
        sink.gauge(
                "kvasir_tenant_share",
                "Share of the band's service, of late, that a tenant had.",
                tenant.share(),
                labels);
        sink.gauge(
                "kvasir_tenant_entitled_share",
                "Share of the band's service, of late, to which a tenant was entitled.",
                tenant.entitled(),
                labels);
    }

    private static void hardware(MetricSink sink, Saturation one) {
        String[] labels = {"hardware", one.hardware()};
        sink.gauge(
                "kvasir_saturation",
                "Share of a class of endpoints that would not start with a request soon enough.",
                one.saturation(),
                labels);
        sink.gauge(
                "kvasir_predicted_start_seconds",
                "Seconds until the least busy endpoint of a class would start with a prompt, by prediction.",
                one.waitSeconds(),
                labels);
        sink.gauge(
                "kvasir_replicas_short",
                "By how many more such replicas what waits would be started soon enough; below zero, to spare.",
                one.shortReplicas(),
                labels);
    }
}
