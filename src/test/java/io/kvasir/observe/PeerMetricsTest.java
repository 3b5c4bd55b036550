package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.kvevents.KvEventSettings;
import io.kvasir.kvevents.KvEvents;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.PreciseView;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Outcome;
import io.kvasir.route.Router;
import io.kvasir.route.RouterFixture;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.token.TokenCounts;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PeerMetricsTest {
    private final RouterFixture fixture = new RouterFixture();
    private final AtomicLong now = fixture.clock;
    private final Pool pool = fixture.pool;
    private final Router router = fixture.router;
    private final PreciseView precise = new PreciseView(16, 1, now::get);
    private final KvEvents events = new KvEvents(precise, KvEventSettings.DEFAULT, now::get);
    private final FlowControl queue = fixture.queue(FlowSettings.DEFAULT);
    private final PeerMetrics metrics = new PeerMetrics(router, "pool", queue, "1.2.3", this::others);

    private int follows;

    private void others(MetricSink sink) {
        events.describe(sink);
        String endpoints = "kvasir_kv_event_endpoints";
        sink.gauge(endpoints, "Endpoints.", follows, "way", "dialled", "state", "complete");
        sink.gauge(endpoints, "Endpoints.", 3, "way", "none", "state", "unknown");
        new TokenCounts().describe(sink);
        sink.gauge("kvasir_ext_proc_streams", "Streams open.", 2);
    }

    @AfterEach
    void close() {
        events.close();
    }

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
                .report(EngineStats.at(1)
                        .running(2)
                        .waiting(4)
                        .kvUsage(0.2)
                        .blocks(16, 100)
                        .build());
        pool.snapshot()
                .at(1)
                .report(EngineStats.at(1)
                        .running(4)
                        .waiting(0)
                        .kvUsage(0.6)
                        .blocks(16, 100)
                        .build());
    }

    @Test
    void everythingThatShippedDashboardsReadIsThere() {
        var before = route("m", RequestHeaders.NONE);
        assertThat(before).isInstanceOf(Routing.Refused.class);
        twoEndpoints();
        assertThat(route("m", RequestHeaders.NONE)).isInstanceOf(Routing.Booked.class);

        var names = new HashSet<String>();
        page().forEach(sample -> names.add(sample.name));
        assertThat(names).containsAll(PeerFamilies.READ);
        assertThat(value("llm_d_epp_extproc_streams_inflight")).isEqualTo(2);
        assertThat(value("inference_extension_info", "1.2.3")).isEqualTo(1);
    }

    @Test
    void pluginsAreToldByTypeAndPlaceInEveryProfile() {
        twoEndpoints();
        route("m", RequestHeaders.NONE);

        String times = "llm_d_epp_plugin_duration_seconds_count";
        assertThat(value(times, "Scorer", "time-scorer")).isEqualTo(1);
        assertThat(value(times, "Filter", "health-filter")).isEqualTo(1);
        assertThat(value(times, "Picker", "max-score-picker", "time")).isEqualTo(1);
        assertThat(value(times, "DataProducer", "approx-prefix-cache-producer")).isEqualTo(1);
        follows = 2;
        assertThat(value(times, "DataProducer", "approx-prefix-cache-producer")).isZero();
        assertThat(value(times, "DataProducer", "precise-prefix-cache-producer"))
                .as("where engines tell what they hold")
                .isEqualTo(1);
        assertThat(value("llm_d_epp_kv_cache_events_active_subscribers")).isEqualTo(2);
        for (int i = 1; i < 33; i++) {
            route("m", RequestHeaders.NONE);
        }
        assertThat(value(times, "Scorer", "time-scorer")).as("one in 16").isEqualTo(3);
        assertThat(value("inference_extension_plugin_duration_seconds_count", "Scorer", "time-scorer"))
                .isEqualTo(3);
    }

    @Test
    void whatWasPredictedOfPromptsIsToldByView() {
        twoEndpoints();
        for (int i = 0; i < 2; i++) {
            ((Routing.Booked) route("m", RequestHeaders.NONE)).booking().finish(Outcome.COMPLETED);
        }

        assertThat(value("llm_d_epp_prefix_prompt_tokens_count", "approx-prefix-cache-producer"))
                .isEqualTo(2);
        assertThat(value("llm_d_epp_prefix_prompt_tokens_count", "precise-prefix-cache-producer"))
                .isZero();
        assertThat(value("llm_d_epp_kv_cache_index_lookup_requests_total")).isEqualTo(2);
    }

    @Test
    void bytesOfAnswersAreToldOfThoseThatWereSeenToTheirEnd() {
        twoEndpoints();
        var whole = ((Routing.Booked) route("m", RequestHeaders.NONE)).booking();
        whole.responseStarted(200);
        whole.size(100);
        whole.finish(Outcome.COMPLETED);
        ((Routing.Booked) route("m", RequestHeaders.NONE)).booking().finish(Outcome.COMPLETED);

        assertThat(value("llm_d_epp_response_size_bytes_count", "m")).isEqualTo(1);
        assertThat(value("inference_objective_response_sizes_sum", "m")).isEqualTo(100);
    }

    @Test
    void rewritesAreToldByRuleModelAndTarget() {
        twoEndpoints();
        var target = new ModelRewrite.Target("poems-v2", 0);
        var rule = new ModelRewrite.Rule(List.of("poems"), List.of(target));
        router.traffic().replace(ModelRewrites.of(List.of(new ModelRewrite("canary", Instant.EPOCH, List.of(rule)))));

        route("poems", RequestHeaders.NONE);
        route("poems", RequestHeaders.NONE);
        route("prose", RequestHeaders.NONE);

        String family = "llm_d_epp_model_rewrite_decisions_total";
        assertThat(value(family, "canary[0]", "poems", "poems-v2")).isEqualTo(2);
        assertThat(value(family)).isEqualTo(2);
    }

    /** Else a name that changes would leave its twin at 0. */
    @Test
    void everyNameOfOurOwnThatIsReadIsOneThatIsDocumented() throws IOException {
        String read = Files.readString(Path.of("src/main/java/io/kvasir/observe/PeerParts.java"));
        String page = Files.readString(Path.of("docs/metrics.md"));
        var names = Pattern.compile("\"((?:kv_event|prefix|plugin|token|scrape|ext_proc)_\\w+[^_\\W])\"")
                .matcher(read)
                .results()
                .map(found -> "`kvasir_" + found.group(1))
                .filter(name -> !name.matches(".*plugin_(type|name|duration_seconds)|.*prefix_indexer_size"))
                .toList();
        assertThat(names)
                .hasSizeGreaterThan(10)
                .allMatch(name -> page.contains(name + "`") || page.contains(name + "_total`"));
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
