package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.Pool;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Outcome;
import io.kvasir.route.Router;
import io.kvasir.route.RouterFixture;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PeerMetricsTest {
    /** What the shipped dashboards and alerts of llm-d-router, the inference extension and KServe read, by hand. */
    private static final Set<String> READ = Set.of(
            // KServe's and OpenShift AI's
            "inference_pool_ready_pods",
            "inference_pool_average_queue_size",
            "inference_pool_per_pod_queue_size",
            "inference_model_request_error_total",
            "inference_objective_request_total",
            "inference_objective_request_error_total",
            "llm_d_inference_scheduler_disagg_decision_total",
            // the inference extension's, in both generations
            "inference_pool_average_kv_cache_utilization",
            "inference_pool_average_running_requests",
            "inference_model_request_total",
            "inference_model_request_duration_seconds_bucket",
            "inference_model_request_sizes_bucket",
            "inference_model_input_tokens_bucket",
            "inference_model_output_tokens_bucket",
            "inference_model_running_requests",
            "inference_model_normalized_time_per_output_token_seconds_bucket",
            "inference_objective_request_duration_seconds_bucket",
            "inference_objective_request_sizes_bucket",
            "inference_objective_input_tokens_bucket",
            "inference_objective_output_tokens_bucket",
            "inference_objective_prompt_cached_tokens_bucket",
            "inference_objective_running_requests",
            "inference_objective_normalized_time_per_output_token_seconds_bucket",
            "inference_objective_request_ttft_seconds_bucket",
            "inference_objective_request_tpot_seconds_bucket",
            "inference_extension_scheduler_e2e_duration_seconds_bucket",
            "inference_extension_scheduler_attempts_total",
            "inference_extension_prefix_indexer_hit_ratio_bucket",
            "inference_extension_prefix_indexer_hit_bytes_bucket",
            "llm_d_inference_scheduler_pd_decision_total",
            // llm-d-router's
            "llm_d_epp_request_total",
            "llm_d_epp_request_error_total",
            "llm_d_epp_request_running",
            "llm_d_epp_request_duration_seconds_bucket",
            "llm_d_epp_request_size_bytes_bucket",
            "llm_d_epp_request_input_tokens_bucket",
            "llm_d_epp_request_cached_tokens_bucket",
            "llm_d_epp_request_output_tokens_bucket",
            "llm_d_epp_request_ntpot_seconds_bucket",
            "llm_d_epp_request_ttft_seconds_bucket",
            "llm_d_epp_request_streaming_tpot_seconds_bucket",
            "llm_d_epp_request_predicted_ttft_seconds_bucket",
            "llm_d_epp_request_predicted_tpot_seconds_bucket",
            "llm_d_epp_request_slo_violation_total",
            "llm_d_epp_average_kv_cache_utilization",
            "llm_d_epp_average_queue_size",
            "llm_d_epp_average_running_requests",
            "llm_d_epp_std_dev_kv_cache_utilization",
            "llm_d_epp_std_dev_queue_size",
            "llm_d_epp_std_dev_running_requests",
            "llm_d_epp_ready_endpoints",
            "llm_d_epp_per_endpoint_queue_size",
            "llm_d_epp_scheduler_e2e_duration_seconds_bucket",
            "llm_d_epp_scheduler_attempts_total",
            "llm_d_epp_prefix_indexer_hit_ratio_bucket",
            "llm_d_epp_prefix_indexer_hit_bytes_bucket",
            "llm_d_epp_disagg_decision_total",
            "llm_d_epp_pd_decision_total",
            "llm_d_epp_inflight_requests",
            "llm_d_epp_inflight_tokens",
            "llm_d_epp_flow_control_pool_saturation");

    private final RouterFixture fixture = new RouterFixture();
    private final AtomicLong now = fixture.clock;
    private final Pool pool = fixture.pool;
    private final Router router = fixture.router;
    private final PeerMetrics metrics = new PeerMetrics(router, "pool", null);

    private Routing.Decided route(String model, RequestHeaders headers) {
        byte[] body = ("{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        return router.route(reading, reading.finish().withHeaders(headers), RoutingHints.NONE);
    }

    private List<Sample> page() {
        var families = new Families(new Families.Overflow());
        metrics.describe(families);
        return families.all().stream()
                .flatMap(family -> family.samples.stream())
                .toList();
    }

    private double value(String name, String... labels) {
        return page().stream()
                .filter(sample -> sample.name.equals(name) && sample.labelValues.containsAll(List.of(labels)))
                .mapToDouble(sample -> sample.value)
                .sum();
    }

    private void twoEndpoints() {
        pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80), EndpointSpec.of("b", "10.0.0.2", 80)));
        pool.snapshot()
                .at(0)
                .report(new EngineStats(1, 2, 4, 0.2, 16, 100, -1, List.of(), List.of(), false, -1, -1, -1));
        pool.snapshot()
                .at(1)
                .report(new EngineStats(1, 4, 0, 0.6, 16, 100, -1, List.of(), List.of(), false, -1, -1, -1));
    }

    @Test
    void everythingThatShippedDashboardsReadIsThere() {
        var before = route("m", RequestHeaders.NONE);
        assertThat(before).isInstanceOf(Routing.Refused.class);
        twoEndpoints();
        assertThat(route("m", RequestHeaders.NONE)).isInstanceOf(Routing.Booked.class);

        var names = new HashSet<String>();
        page().forEach(sample -> names.add(sample.name));
        assertThat(names).containsAll(READ);
    }

    @Test
    void thePoolIsAsItsPagesShowIt() {
        twoEndpoints();

        assertThat(value("inference_pool_ready_pods", "pool")).isEqualTo(2);
        assertThat(value("inference_pool_average_queue_size", "pool")).isEqualTo(2);
        assertThat(value("llm_d_epp_average_running_requests", "pool")).isEqualTo(3);
        assertThat(value("llm_d_epp_average_kv_cache_utilization", "pool")).isEqualTo(0.4);
        assertThat(value("llm_d_epp_std_dev_queue_size", "pool")).isEqualTo(2);
        assertThat(value("inference_pool_per_pod_queue_size", "pool", "a")).isEqualTo(4);
        // (max(4/5, 0.2/0.8) + max(0, 0.6/0.8)) / 2
        assertThat(value("llm_d_epp_flow_control_pool_saturation", "pool")).isCloseTo(0.775, within(1e-9));
    }

    @Test
    void requestsAreToldApartByModelFlowAndPriority() {
        twoEndpoints();
        route("m", RequestHeaders.NONE);
        var booked = (Routing.Booked) route("n", RequestHeaders.NONE.withFairnessId("tenant"));

        assertThat(value("llm_d_epp_request_total", "m", "default-flow", "0")).isEqualTo(1);
        assertThat(value("inference_objective_request_total", "n", "tenant")).isEqualTo(1);
        assertThat(value("llm_d_epp_request_running")).isEqualTo(2);

        booked.booking().finish(Outcome.UPSTREAM_RESET);
        assertThat(value("llm_d_epp_request_running")).isEqualTo(1);
        assertThat(value("inference_model_request_error_total", "n", "ModelServerError"))
                .isEqualTo(1);
    }

    @Test
    void gapsBetweenTokensPredictionsAndSlosThatWereMissedAreThere() {
        twoEndpoints();
        var first = ((Routing.Booked) route("m", RequestHeaders.NONE.withSlo(1e-9, Double.NaN))).booking();
        now.set(2_000_000_001L);
        first.responseStarted(200);
        first.firstToken();
        now.set(2_050_000_001L);
        first.tokens(1);
        first.finish(Outcome.COMPLETED);

        assertThat(value("llm_d_epp_request_streaming_itl_seconds_count")).isEqualTo(1);
        assertThat(value("llm_d_epp_request_streaming_itl_seconds_sum")).isCloseTo(0.05, within(1e-9));
        assertThat(value("llm_d_epp_request_predicted_ttft_seconds_count", "m")).isEqualTo(1);
        assertThat(value("llm_d_epp_request_slo_violation_total", "m", "ttft")).isEqualTo(1);
        assertThat(value("llm_d_epp_request_slo_violation_total", "m", "tpot")).isZero();
    }

    @Test
    void labelsThatClientsMakeUpAreBounded() {
        twoEndpoints();
        for (int i = 0; i < PeerTraffic.MOST + 50; i++) {
            route("m", RequestHeaders.NONE.withFairnessId("tenant-" + i));
        }

        long flows = page().stream()
                .filter(sample -> sample.name.equals("llm_d_epp_request_total"))
                .count();
        assertThat(flows).isEqualTo(PeerTraffic.MOST + 1);
        assertThat(value("llm_d_epp_request_total", "other")).isEqualTo(50);
    }
}
