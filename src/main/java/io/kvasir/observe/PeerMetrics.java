package io.kvasir.observe;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.metric.Histogram;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.route.Router;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What dashboards and alerts of llm-d-router, the Gateway API Inference Extension and KServe read, beside our own names: the
 * pool as engines' pages show it, decisions, and {@link PeerTraffic}. By a switch, since every name is there twice or more.
 */
public final class PeerMetrics implements Metered {
    /** Pages up to that age count, as there. */
    private static final double FRESH_SECONDS = 2;

    private final Router router;
    private final String pool;
    private final PeerTraffic traffic = new PeerTraffic();
    private final PeerParts parts;
    private final String version;
    private final @Nullable PeerQueue waiting;

    /**
     * Listens to the router from now on.
     *
     * @param pool what label {@code name} says
     * @param queue what has requests wait; null where none do
     * @param version the program's
     * @param others what doors and senses count
     */
    public PeerMetrics(Router router, String pool, @Nullable FlowControl queue, String version, Metered others) {
        this.version = version;
        parts = new PeerParts(sink -> {
            router.counts().describe(sink);
            router.profiles().describe(sink);
            router.index().describe(sink);
            others.describe(sink);
        });
        this.router = router;
        this.pool = pool;
        waiting = queue == null ? null : new PeerQueue(queue, pool);
        var _ = router.events().listen(PeerTraffic.kinds(), traffic);
    }

    /** What is read of prefixes under older names as well. */
    private static MetricSink older(MetricSink page) {
        var index = new Twins(page, "llm_d_epp_kv_cache_index_", "kvcache_index_");
        var events = new Twins(index, "llm_d_epp_kv_cache_events_", "kvcache_kvevents_");
        return new Twins(events, "llm_d_epp_kv_cache_", "llm_d_router_epp_kv_cache_");
    }

    @Override
    public void describe(MetricSink sink) {
        var twice = older(sink);
        traffic.describe(twice);
        parts.describe(twice);
        for (String family : new String[] {"llm_d_epp_info", "inference_extension_info"}) {
            sink.gauge(family, "What runs.", 1, "commit", "", "build_ref", version);
        }
        if (waiting != null) {
            waiting.describe(sink);
        }
        var endpoints = router.pool().snapshot();
        Moments usage = moments(endpoints, endpoint -> endpoint.stats().kvUsage());
        Moments queue = moments(endpoints, endpoint -> told(endpoint.stats().waiting()));
        Moments running = moments(endpoints, endpoint -> told(endpoint.stats().running()));
        for (String prefix : new String[] {"llm_d_epp", "inference_pool"}) {
            gauge(sink, prefix + "_average_kv_cache_utilization", "Mean share of KV blocks in use.", usage.mean);
            gauge(sink, prefix + "_average_queue_size", "Mean number of requests that wait.", queue.mean);
            gauge(sink, prefix + "_average_running_requests", "Mean number of requests that run.", running.mean);
        }
        gauge(sink, "llm_d_epp_std_dev_kv_cache_utilization", "Its standard deviation.", usage.deviation);
        gauge(sink, "llm_d_epp_std_dev_queue_size", "Its standard deviation.", queue.deviation);
        gauge(sink, "llm_d_epp_std_dev_running_requests", "Its standard deviation.", running.deviation);
        gauge(sink, "llm_d_epp_ready_endpoints", "Endpoints with a fresh page.", usage.count);
        gauge(sink, "inference_pool_ready_pods", "Endpoints with a fresh page.", usage.count);
        for (String prefix : new String[] {"llm_d_epp", "inference_extension"}) {
            sink.gauge(
                    prefix + "_flow_control_pool_saturation",
                    "Mean of the greater of waiting over 5 and KV use over 0.8.",
                    moments(endpoints, PeerMetrics::saturation).mean,
                    "inference_pool",
                    pool,
                    "stage",
                    "effective");
        }
        for (int i = 0; i < endpoints.size(); i++) {
            each(sink, endpoints.at(i));
        }
        betweenTokens(sink);
        Histogram decisions = router.counts().decisions();
        sink.histogram("llm_d_epp_scheduler_e2e_duration_seconds", "Time of decisions.", decisions);
        sink.histogram("inference_extension_scheduler_e2e_duration_seconds", "Time of decisions.", decisions);
    }

    /** Gaps between tokens, by model; of each hardware class, which dashboards add up. */
    private void betweenTokens(MetricSink sink) {
        router.counts()
                .times()
                .forEach((key, times) -> sink.histogram(
                        "llm_d_epp_request_streaming_itl_seconds",
                        "Time between tokens.",
                        times.betweenTokens(),
                        "model_name",
                        key.model(),
                        "target_model_name",
                        key.model(),
                        "hardware",
                        key.hardwareClass()));
    }

    private void each(MetricSink sink, Endpoint endpoint) {
        String name = endpoint.spec().name();
        double waiting = told(endpoint.stats().waiting());
        if (!Double.isNaN(waiting)) {
            String help = "Requests that wait.";
            sink.gauge("llm_d_epp_per_endpoint_queue_size", help, waiting, "name", pool, "model_server_endpoint", name);
            sink.gauge("inference_pool_per_pod_queue_size", help, waiting, "name", pool, "model_server_pod", name);
        }
        var load = endpoint.load();
        sink.gauge("llm_d_epp_inflight_requests", "Requests in flight.", load.requests(), "endpoint_name", name);
        sink.gauge("llm_d_epp_inflight_tokens", "Prompt tokens in flight.", load.promptTokens(), "endpoint_name", name);
    }

    private void gauge(MetricSink sink, String family, String help, double value) {
        sink.gauge(family, help, value, "name", pool);
    }

    private static double told(int count) {
        return count < 0 ? Double.NaN : count;
    }

    private static double saturation(Endpoint endpoint) {
        double usage = endpoint.stats().kvUsage();
        double queue = Math.max(0, endpoint.stats().waiting()) / 5.0;
        return Double.isNaN(usage) ? queue : Math.max(queue, usage / 0.8);
    }

    /** Mean and standard deviation of what is known; 0 where nothing is. */
    private record Moments(int count, double mean, double deviation) {}

    private Moments moments(PoolSnapshot endpoints, ToDoubleFunction<Endpoint> value) {
        int count = 0;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < endpoints.size(); i++) {
            var endpoint = endpoints.at(i);
            double known = value.applyAsDouble(endpoint);
            boolean fresh =
                    endpoint.stats().known() && endpoint.stats().ageNanos(router.nanoTime()) * 1e-9 <= FRESH_SECONDS;
            if (fresh && !Double.isNaN(known)) {
                count++;
                sum += known;
                squares += known * known;
            }
        }
        double mean = count == 0 ? 0 : sum / count;
        return new Moments(count, mean, count == 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean)));
    }
}
