package io.kvasir.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Request;
import io.kvasir.request.RequestHeaders;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One worked example of each type that other pickers have, by the field's formula. */
class PluginExamplesTest {
    private static final long NOW = 10_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(3));
    private final List<EndpointSpec> specs = new ArrayList<>();
    private Request request = request(1000);

    private Plugin plugin(String type, Object... parameters) {
        var given = new java.util.HashMap<String, Object>();
        for (int i = 0; i < parameters.length; i += 2) {
            given.put((String) parameters[i], parameters[i + 1]);
        }
        return PluginRegistry.shipped().type(type).make(given, new PluginContext(time));
    }

    /** A request of exactly that many prompt tokens, given as ids. */
    private static Request request(int tokens) {
        var ids = new int[tokens];
        byte[] body = ("{\"model\":\"m\",\"max_tokens\":10,\"prompt\":" + Arrays.toString(ids) + "}").getBytes(UTF_8);
        var scanner = new BodyScanner();
        scanner.reset(Dialect.COMPLETIONS, PromptSink.NONE);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        return scanner.request();
    }

    private void endpoint(Role role, Map<String, String> labels) {
        int number = specs.size();
        specs.add(EndpointSpec.builder("pod-" + number, "10.0.0." + (number + 1), 8000)
                .role(role)
                .labels(labels)
                .product("NVIDIA-H100-80GB-HBM3")
                .build());
        pool.apply(specs);
    }

    private void endpoints(int count) {
        for (int i = 0; i < count; i++) {
            endpoint(Role.BOTH, Map.of());
        }
    }

    private Endpoint at(int place) {
        return pool.snapshot().at(place);
    }

    private void page(int place, int running, int waiting, double kvUsage) {
        at(place)
                .report(EngineStats.at(NOW)
                        .running(running)
                        .waiting(waiting)
                        .kvUsage(kvUsage)
                        .blocks(16, 10_000)
                        .build());
    }

    private void begin(int... cached) {
        context.begin(request, "m", pool.snapshot(), null, NOW, SECOND, 256);
        context.matches().reset(pool.snapshot().slots());
        System.arraycopy(cached, 0, context.matches().tokens(), 0, cached.length);
    }

    private void headers(String... namesAndValues) {
        var others = new java.util.HashMap<String, String>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            others.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        request = request.withHeaders(RequestHeaders.NONE.withOthers(others));
    }

    private double[] scores(Plugin plugin, int... cached) {
        begin(cached);
        double[] scores = new double[context.size()];
        ((Scorer) plugin).score(context, scores);
        return scores;
    }

    private List<String> kept(Plugin plugin, int... cached) {
        begin(cached);
        ((Filter) plugin).filter(context);
        return Explanation.names(context);
    }

    @Test
    void rolesAreKeptByLabelAndWhoHasNoneDecodes() {
        int number = 0;
        for (String role : List.of("prefill", "decode", "both", "encode", "encode-prefill", "encode-prefill-decode")) {
            endpoint(Role.parse(role).orElseThrow(), Map.of(Role.LABEL, role));
            number++;
        }
        endpoint(Role.BOTH, Map.of());
        assertThat(number).isEqualTo(6);

        assertThat(kept(plugin("decode-filter"))).containsExactly("pod-1", "pod-2", "pod-5", "pod-6");
        assertThat(kept(plugin("prefill-filter"))).containsExactly("pod-0", "pod-2", "pod-4", "pod-5");
        assertThat(kept(plugin("encode-filter"))).containsExactly("pod-3", "pod-4", "pod-5");
    }

    @Test
    void mediaThatAnEndpointWasGivenAreScoredByTheirShare() {
        endpoints(3);
        var scorer = plugin("mm-embeddings-cache-scorer");
        request = chat("http://a/1", "http://a/2");
        assertThat(scores(scorer)).containsOnly(0);
        scorer.booked(context, at(0));

        request = chat("http://a/2", "http://a/3", "http://a/2");
        begin();
        scorer.booked(context, at(1));
        request = chat("http://a/1", "http://a/2", "http://a/3", "http://a/4");
        assertThat(scores(scorer)).containsExactly(0.5, 0.5, 0);
        request = request(1000);
        assertThat(scores(scorer)).as("text").containsOnly(0);

        request = chat("http://a/1");
        specs.set(0, EndpointSpec.of("other", "10.0.0.9", 8000));
        pool.apply(specs);
        assertThat(scores(scorer)).as("another one in its place").containsOnly(0);
    }

    /** A chat with images at these addresses. */
    private static Request chat(String... images) {
        var body = new StringBuilder("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[");
        for (int i = 0; i < images.length; i++) {
            body.append(i == 0 ? "" : ",")
                    .append("{\"type\":\"image_url\",\"image_url\":{\"url\":\"")
                    .append(images[i])
                    .append("\"}}");
        }
        byte[] bytes = body.append("]}]}").toString().getBytes(UTF_8);
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, PromptSink.NONE);
        scanner.feed(bytes, 0, bytes.length);
        scanner.finish();
        return scanner.request();
    }

    @Test
    void labelsAreKeptBySelector() {
        endpoint(Role.BOTH, Map.of("tier", "gold", "zone", "west"));
        endpoint(Role.BOTH, Map.of("tier", "gold", "zone", "north"));
        endpoint(Role.BOTH, Map.of("tier", "gold", "zone", "east", "drained", ""));
        endpoint(Role.BOTH, Map.of());

        var selector = plugin(
                "label-selector-filter",
                "matchLabels",
                Map.of("tier", "gold"),
                "matchExpressions",
                List.of(
                        Map.of("key", "zone", "operator", "In", "values", List.of("west", "east")),
                        Map.of("key", "drained", "operator", "DoesNotExist")));
        assertThat(kept(selector)).containsExactly("pod-0");
        assertThat(kept(plugin("by-label", "label", "zone", "validValues", List.of("north"), "allowsNoLabel", true)))
                .containsExactly("pod-1", "pod-3");
    }

    @Test
    void utilisationIsKeptWhereEveryFigureIsWithinItsBound() {
        endpoints(3);
        page(0, 10, 0, 0.5);
        page(1, 10, 3, 0.5);
        page(2, 10, 0, 0.95);
        var conditions = List.of(
                Map.of("metric", "waiting-queue", "maxValue", 2),
                Map.of("metric", "kv-cache-utilization", "maxValue", 0.9));

        assertThat(kept(plugin("utilization-filter", "conditions", conditions))).containsExactly("pod-0");

        var none = List.of(Map.of("metric", "running-requests", "maxValue", 1));
        assertThat(kept(plugin("utilization-filter", "conditions", none))).isEmpty();
        assertThat(kept(plugin("utilization-filter", "conditions", none, "fallbackOnEmpty", true)))
                .hasSize(3);
    }

    @Test
    void attributesAreComparedAndScored() {
        endpoints(3);
        at(0).attributes(Map.of("GPUUtilization", 0.5));
        at(1).attributes(Map.of("GPUUtilization", 0.95));
        String[] below = {"attribute", "GPUUtilization"};
        var filter = plugin(
                "endpoint-attribute-filter",
                below[0],
                below[1],
                "algorithm.operator",
                "LessThan",
                "algorithm.value",
                0.9);

        assertThat(kept(filter)).containsExactly("pod-0", "pod-2");
        assertThat(kept(plugin(
                        "endpoint-attribute-filter",
                        below[0],
                        below[1],
                        "onMissing",
                        "Fail",
                        "algorithm.operator",
                        "GreaterThanOrEqual",
                        "algorithm.value",
                        0.95)))
                .containsExactly("pod-1");
        assertThat(scores(plugin("endpoint-attribute-scorer", "attributeKey", "GPUUtilization")))
                .containsExactly(1, 0, 0);
        assertThat(scores(plugin(
                        "endpoint-attribute-scorer",
                        "attributeKey",
                        "GPUUtilization",
                        "algorithm.type",
                        "linear_higher_is_better",
                        "normalization.fixedRange",
                        Map.of("min", 0, "max", 2))))
                .containsExactly(0.25, 0.475, 0);
    }

    @Test
    void holdersAreKeptUnlessTheyAreTooFarBehind() {
        endpoints(2);
        var filter = plugin("prefix-cache-affinity-filter", "maxTTFTPenaltyMs", 1000, "peakPrefillThroughput", 10_000);

        assertThat(kept(filter, 800, 0)).containsExactly("pod-0");
        assertThat(kept(filter, 700, 0)).hasSize(2);
        // 11,000 tokens in flight at 10,000 a second are 1.1 s behind
        at(0).load().place(11_000, 0);
        assertThat(kept(filter, 800, 0)).hasSize(2);
        assertThat(kept(plugin("prefix-cache-affinity-filter", "explorationProbability", 1), 1000, 0))
                .hasSize(2);
    }

    @Test
    void thoseThatMeetTheSloAreKept() {
        endpoints(2);
        at(1).load().placePrefill(5 * SECOND, NOW);
        var filter = plugin("slo-headroom-tier-filter", "epsilonExploreNeg", 0);

        request = request.withHeaders(RequestHeaders.NONE.withSlo(3, Double.NaN));
        assertThat(kept(filter)).containsExactly("pod-0");
        request = request.withHeaders(RequestHeaders.NONE.withSlo(60, Double.NaN));
        assertThat(kept(filter)).hasSize(2);
        request = request.withHeaders(RequestHeaders.NONE);
        assertThat(kept(filter)).hasSize(2);
    }

    @Test
    void aSessionStaysWhereItsFirstRequestWentWhileThatIsACandidate() {
        endpoints(3);
        headers("x-session-id", "s1");
        var filter = plugin("session-affinity-filter", "strategy", "session_id");

        assertThat(kept(filter)).hasSize(3);
        filter.booked(context, at(1));
        assertThat(kept(filter)).containsExactly("pod-1");
        specs.remove(1);
        pool.apply(specs);
        assertThat(kept(filter)).containsExactly("pod-0", "pod-2");
        filter.booked(context, at(1));
        assertThat(kept(filter)).containsExactly("pod-2");
        headers("x-session-id", "s2");
        assertThat(kept(filter)).hasSize(2);
    }

    @Test
    void aSessionIsWhereItsHeaderSays() {
        endpoints(3);
        headers("x-session-token", Base64.getEncoder().encodeToString("default/pod-2".getBytes(UTF_8)));

        assertThat(kept(plugin("session-affinity-filter"))).containsExactly("pod-2");
        assertThat(scores(plugin("session-affinity-scorer"))).containsExactly(0, 0, 1);
        headers("x-session-token", "no base64!");
        assertThat(kept(plugin("session-affinity-filter"))).hasSize(3);
    }

    @Test
    void theTokenOfAnAnswerLeadsBackToItsEndpoint() {
        endpoints(3);
        var filter = plugin("session-affinity-filter");
        var header = filter.tokenHeaders().iterator().next();
        assertThat(header).isEqualTo("x-session-token");
        headers(header, SessionToken.of(at(1)));
        assertThat(kept(filter)).containsExactly("pod-1");

        assertThat(plugin("session-affinity-scorer", "encodedEndpointHeaderConfig.header", "X-Where")
                        .tokenHeaders())
                .containsExactly("x-where");
        assertThat(plugin("session-affinity-filter", "strategy", "session_id").tokenHeaders())
                .isEmpty();
    }

    @Test
    void theNearestToThePeerAreKeptAndScored() {
        endpoint(Role.BOTH, Map.of("kubernetes.io/hostname", "a", "topology.kubernetes.io/zone", "z"));
        endpoint(Role.BOTH, Map.of("kubernetes.io/hostname", "b", "topology.kubernetes.io/zone", "z"));
        endpoint(Role.BOTH, Map.of("topology.kubernetes.io/region", "r"));
        endpoint(Role.BOTH, Map.of("kubernetes.io/hostname", "a", "topology.kubernetes.io/zone", "z"));
        begin();
        context.peer(at(3));
        double[] scores = new double[4];
        ((Scorer) plugin("topology-affinity-scorer")).score(context, scores);
        assertThat(scores).containsExactly(1, 0.05, 0, 1);

        ((Filter) plugin("topology-affinity-filter", "minAffinity", "zone")).filter(context);
        assertThat(Explanation.names(context)).containsExactly("pod-0", "pod-1", "pod-3");
        assertThat(scores(plugin("topology-affinity-scorer"))).containsOnly(0);
    }

    @Test
    void promptsGoWhereTheirLengthBelongs() {
        endpoint(Role.BOTH, Map.of("llm-d.ai/context-length-range", "0-2000"));
        endpoint(Role.BOTH, Map.of("llm-d.ai/context-length-range", "2000-8000"));
        endpoint(Role.BOTH, Map.of("llm-d.ai/context-length-range", "short"));
        endpoint(Role.BOTH, Map.of());

        double[] scores = scores(plugin("context-length-aware"));
        assertThat(scores[0]).isCloseTo(0.3 + 0.7 * (0.7 / 1.2 + 0.3 * 1000 / 2000), within(1e-9));
        assertThat(scores[1]).isCloseTo(0.3 / 2, within(1e-9));
        assertThat(scores[2]).isZero();
        assertThat(scores[3]).isEqualTo(0.5);
        assertThat(kept(plugin("context-length-aware"))).hasSize(4);
        assertThat(kept(plugin("context-length-aware", "enableFiltering", true)))
                .containsExactly("pod-0", "pod-3");
    }

    @Test
    void detectorsDropWhatIsOverTheirThresholds() {
        endpoints(3);
        page(0, 1, 4, 0.5);
        page(1, 1, 5, 0.5);
        page(2, 1, 0, 0.8);

        assertThat(kept(plugin("utilization-detector"))).containsExactly("pod-0");
        assertThat(kept(plugin("utilization-detector", "headroom", 0.25))).hasSize(3);
        assertThat(kept(plugin("utilization-detector", "queueDepthThreshold", 1e-9, "kvCacheUtilThreshold", 1e-9)))
                .hasSize(3);

        at(0).load().place(600_000, 0);
        at(1).load().place(10, 0);
        at(1).load().place(10, 0);
        assertThat(kept(plugin("concurrency-detector", "maxConcurrency", 2))).containsExactly("pod-0", "pod-2");
        assertThat(kept(plugin("concurrency-detector", "concurrencyMode", "tokens", "maxTokenConcurrency", 500_000)))
                .containsExactly("pod-1", "pod-2");
        assertThat(kept(plugin(
                        "concurrency-detector",
                        "concurrencyMode",
                        "hybrid",
                        "maxConcurrency",
                        2,
                        "maxTokenConcurrency",
                        500_000)))
                .containsExactly("pod-2");
    }

    @Test
    void loadsAreScoredByTheFieldsFormulas() {
        endpoints(3);
        page(0, 2, 0, 0.25);
        page(1, 6, 32, 0.5);
        page(2, 4, 128, 1);

        assertThat(scores(plugin("queue-scorer"))).containsExactly(1, 0.75, 0);
        assertThat(scores(plugin("running-requests-size-scorer"))).containsExactly(1, 0, 0.5);
        assertThat(scores(plugin("kv-cache-utilization-scorer"))).containsExactly(0.75, 0.5, 0);
        assertThat(scores(plugin("load-aware-scorer"))).containsExactly(0.5, 0.375, 0);

        for (int i = 0; i < 4; i++) {
            at(1).load().place(1000, 0);
        }
        at(2).load().place(0, 0);
        assertThat(scores(plugin("active-request-scorer"))).containsExactly(1, 0, 0.75);
        assertThat(scores(plugin("active-request-scorer", "idleThreshold", 1, "maxBusyScore", 0.5)))
                .containsExactly(1, 0, 1);
        assertThat(scores(plugin("token-load-scorer", "queueThresholdTokens", 10_000), 1000, 500, 0))
                .containsExactly(1, 0.55, 0.9);
    }

    @Test
    void prefixesAreScoredByShareAndLength() {
        endpoints(3);
        assertThat(scores(plugin("prefix-cache-scorer"), 1000, 250, 0)).containsExactly(1, 0.25, 0);
        // 0.5 · (250 / 500)² + 0.5 · 0.25
        assertThat(scores(
                        plugin("prefix-cache-scorer", "matchLengthWeight", 0.5, "matchLengthScaleTokens", 500),
                        1000,
                        250,
                        0))
                .containsExactly(1, 0.25, 0);
        assertThat(scores(plugin("precise-prefix-cache-scorer"), 1000, 250, 0)).containsExactly(1, 0.25, 0);
        assertThat(scores(plugin("no-hit-lru-scorer"), 1000, 250, 0)).containsExactly(0.5, 0.5, 0.5);
        assertThat(scores(plugin("no-hit-lru-scorer"), 0, 0, 0)).containsExactly(1, 0.5, 0);
    }

    @Test
    void aHeaderIsComparedWithALabel() {
        endpoint(Role.BOTH, Map.of("region", "eu"));
        endpoint(Role.BOTH, Map.of("region", "us"));
        endpoint(Role.BOTH, Map.of());
        headers("x-region", "us");
        var scorer = plugin("header-label-affinity-scorer", "headerName", "X-Region", "labelKey", "region");

        assertThat(scorer.headers()).containsExactly("x-region");
        assertThat(scores(scorer)).containsExactly(0, 1, 0);
    }

    @Test
    void theLeastHeadroomIsPreferredAmongThoseThatMeetTheSlo() {
        endpoints(3);
        at(1).load().place(100, 10);
        at(1).load().placePrefill(2 * SECOND, NOW);
        at(2).load().place(100, 10);
        at(2).load().placePrefill(30 * SECOND, NOW);
        request = request.withHeaders(RequestHeaders.NONE.withSlo(10, Double.NaN));

        assertThat(scores(plugin("latency-scorer"))).containsExactly(0.01, 1, 0);
        assertThat(scores(plugin("latency-scorer", "headroomSelectionStrategy", "most")))
                .containsExactly(1, 0.01, 0);
        // nobody can: who is idle
        request = request.withHeaders(RequestHeaders.NONE.withSlo(1e-6, Double.NaN));
        assertThat(scores(plugin("latency-scorer"))).containsExactly(0.51, 0, 0);
    }

    @ParameterizedTest
    @CsvSource({"0, 2000, 0, false", "512, 2000, 1500, false", "512, 2000, 1000, true", "512, 400, 0, false"})
    void prefixBasedDecidersCountWhatIsNotHeld(int nonCached, int prompt, int cached, boolean wanted) {
        endpoints(1);
        request = request(prompt);
        begin(cached);
        var decider = (PdDecider) plugin("prefix-based-pd-decider", "nonCachedTokens", nonCached);
        var decision = new Profile("any", List.of(), List.of(), new MaxScorePicker(0))
                .run(context, null)
                .decision();

        assertThat(decider.wants(context, java.util.Objects.requireNonNull(decision)))
                .isEqualTo(wanted);
        assertThat(((PdDecider) plugin("always-disagg-pd-decider")).wants(context, decision))
                .isTrue();
        assertThat(((PdDecider) plugin("never-disagg-pd-decider")).wants(context, decision))
                .isFalse();
    }

    @Test
    void pickersOrderAllPlacesAndNameAsManyAsTheyAreTold() {
        endpoints(4);
        begin();
        for (String type : List.of("max-score-picker", "random-picker", "weighted-random-picker")) {
            var picker = (Picker) plugin(type, "maxNumOfEndpoints", 2);
            int[] order = new int[4];
            picker.pick(context, new double[] {0, 3, 0, 1}, order, 3);
            assertThat(picker.named()).as(type).isEqualTo(2);
            assertThat(((Picker) plugin(type)).named()).isEqualTo(1);
            assertThat(Arrays.copyOf(order, 3)).as(type).doesNotHaveDuplicates();
            if (type.equals("max-score-picker")) {
                assertThat(Arrays.copyOf(order, 2)).containsExactly(1, 3);
            }
        }
    }

    @Test
    void byChanceAllAreEqual() {
        endpoints(3);
        begin();
        for (String type : List.of("random-picker", "weighted-random-picker")) {
            int[] counts = new int[3];
            int[] order = new int[3];
            for (int i = 0; i < 3_000; i++) {
                ((Picker) plugin(type)).pick(context, new double[3], order, 1);
                counts[order[0]]++;
            }
            for (int count : counts) {
                assertThat(count / 3_000.0).as(type).isCloseTo(1 / 3.0, within(0.04));
            }
        }
    }

    @Test
    void handlersHaveTheFieldsDefaultsAndOlderSpellings() {
        assertThat(plugin("single-profile-handler")).isEqualTo(new ProfileHandler.Single());
        assertThat(plugin("header-profile-handler"))
                .isEqualTo(new ProfileHandler.ByHeader("header-profile-handler", "epp-profile", "decode"));
        assertThat(plugin("data-parallel-profile-handler")).isEqualTo(new ProfileHandler.DataParallel(8000));
        assertThat(plugin("disagg-profile-handler"))
                .isEqualTo(new ProfileHandler.Disaggregated("decode", "prefill", "encode", "", "", false, -1));
        assertThat(plugin("disagg-profile-handler", "decodeProfile", "d", "deciderPluginName", "p"))
                .isEqualTo(new ProfileHandler.Disaggregated("d", "prefill", "encode", "p", "", false, -1));
        assertThat(plugin("pd-profile-handler", "threshold", 64L))
                .isEqualTo(new ProfileHandler.Disaggregated("decode", "prefill", "encode", "", "", false, 64));
        assertThat(plugin("disagg-profile-handler", "stageOrder", "prefill-first"))
                .isEqualTo(new ProfileHandler.Disaggregated("decode", "prefill", "encode", "", "", true, 0));
    }
}
