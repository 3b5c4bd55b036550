package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.pool.ServedModel;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchedulingTest {
    private static final String MODEL = "llama-3.1-8b";
    private static final long FRESH = 2_000_000_000L;
    private static final long NOW = 1_000;

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(1));

    private static EndpointSpec spec(int number, @Nullable String product, Role role, int maxModelLen) {
        return EndpointSpec.builder("e" + number, "10.0.0." + number, 80)
                .role(role)
                .product(product)
                .model(MODEL)
                .maxModelLen(maxModelLen)
                .build();
    }

    private void pool(String... products) {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < products.length; i++) {
            specs.add(spec(i, products[i], Role.BOTH, 0));
        }
        pool.apply(specs);
    }

    private Endpoint endpoint(int place) {
        return pool.snapshot().at(place);
    }

    private static EngineStats stats(int running, int waiting, double kvUsage) {
        return EngineStats.at(NOW)
                .running(running)
                .waiting(waiting)
                .kvUsage(kvUsage)
                .blocks(16, 10_000)
                .build();
    }

    /** A chat request with a prompt of about that many tokens. */
    private static Request request(int promptTokens, int maxTokens) {
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, PromptSink.NONE);
        byte[] body = ("{\"model\":\"" + MODEL + "\",\"max_tokens\":" + maxTokens
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + "word".repeat(promptTokens) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        return scanner.request();
    }

    private void begin(Request request, int... cachedTokens) {
        begin(request, NOW, cachedTokens);
    }

    private void beginAt(long now, int... cachedTokens) {
        begin(request(10, 10), now, cachedTokens);
    }

    private void begin(Request request, long now, int... cachedTokens) {
        context.begin(request, MODEL, pool.snapshot(), null, now, FRESH, 256);
        context.matches().reset(cachedTokens.length);
        System.arraycopy(cachedTokens, 0, context.matches().tokens(), 0, cachedTokens.length);
    }

    private Decision decide(Policy policy) {
        var result = policy.profile(time).run(context, null);
        assertThat(result.refusal()).isNull();
        return java.util.Objects.requireNonNull(result.decision());
    }

    private Refusal reject(Policy policy) {
        var result = policy.profile(time).run(context, null);
        assertThat(result.decision()).isNull();
        return java.util.Objects.requireNonNull(result.refusal());
    }

    @Test
    void aLongPromptGoesWhereItHoldsUpFewer() {
        pool("NVIDIA-H200", "NVIDIA-H200");
        // more tokens attended to, which makes its steps slower, but one user
        endpoint(0).load().place(40_000, 400);
        for (int i = 0; i < 20; i++) {
            endpoint(1).load().place(100, 400);
        }
        begin(request(20_000, 50));

        var decision = Policy.TIME.profile(time).run(context, null).decision();

        assertThat(Objects.requireNonNull(decision).endpoint()).isSameAs(endpoint(0));
    }

    @Test
    void leastLoadWeighsSequencesByCapacity() {
        pool("NVIDIA-B200", "NVIDIA-H100");
        endpoint(0).load().place(10, 10);
        begin(request(10, 10));

        // (1 + 1) / 1.92 against (0 + 1) / 1
        assertThat(decide(Policy.LEAST_LOAD).endpoint()).isSameAs(endpoint(1));

        endpoint(1).load().place(10, 10);
        begin(request(10, 10));
        assertThat(decide(Policy.LEAST_LOAD).endpoint()).isSameAs(endpoint(0));
    }

    @Test
    void prefixAndLoadAreSummedAsTheFieldWeighsThem() {
        pool("NVIDIA-H200", "NVIDIA-H200");
        endpoint(0).report(stats(4, 2, 0.5));
        endpoint(1).report(stats(4, 0, 0.5));
        begin(request(1000, 10), 1000, 0);

        var explanation = new Explanation(time);
        var profile = Policy.PREFIX_LOAD.profile(time);
        profile.run(context, explanation);

        var holder = explanation.candidates().get(0);
        var other = explanation.candidates().get(1);
        assertThat(holder.scores())
                .containsEntry("queue-scorer", 0.0)
                .containsEntry("kv-cache-utilization-scorer", 0.5);
        assertThat(holder.total()).isCloseTo(2 * 0 + 2 * 0.5 + 3 * 1000.0 / 1005, within(0.01));
        assertThat(other.total()).isCloseTo(2 * 1 + 2 * 0.5, within(0.01));
    }

    @Test
    void theSecondsOfAnExplanationAddUpToWhatDecided() {
        pool("NVIDIA-H200", "NVIDIA-L4");
        endpoint(0).load().place(500, 50);
        endpoint(0).load().placePrefill(300_000_000L, NOW);
        begin(request(20_000, 100), 12_000, 0);

        var explanation = new Explanation(time);
        var decision = Objects.requireNonNull(
                Policy.TIME.profile(time).run(context, explanation).decision());

        assertThat(explanation.candidates()).hasSize(2).allSatisfy(candidate -> {
            var cost = candidate.cost();
            assertThat(candidate.total()).isCloseTo(-cost.cost(), within(1e-9));
            assertThat(cost.transfer()).isZero();
            assertThat(cost.prefill()).isPositive();
            assertThat(cost.decode()).isPositive();
        });
        var chosen = explanation.candidates().stream()
                .filter(candidate ->
                        candidate.endpoint().equals(decision.endpoint().spec().name()))
                .findFirst()
                .orElseThrow();
        assertThat(decision.predictedTtftSeconds())
                .isCloseTo(chosen.cost().waiting() + chosen.cost().prefill(), within(1e-9));
        assertThat(explanation.candidates().getFirst().cost().waiting()).isCloseTo(0.3, within(1e-9));
    }

    @Test
    void theTimeModelPrefersTheHolderOfAPrefixUntilItIsTooBusy() {
        pool("NVIDIA-H200", "NVIDIA-H200");
        begin(request(20_000, 10), 19_000, 0);
        var warm = decide(Policy.TIME);
        assertThat(warm.endpoint()).isSameAs(endpoint(0));
        assertThat(warm.reason()).isEqualTo(PickReason.STALE_METRICS);
        assertThat(warm.predictedTtftSeconds()).isPositive();

        endpoint(0).report(stats(1, 0, 0.1));
        begin(request(20_000, 10), 19_000, 0);
        assertThat(decide(Policy.TIME).reason()).isEqualTo(PickReason.PREFIX_HIT);

        endpoint(0).load().placePrefill(5_000_000_000L, NOW);
        begin(request(20_000, 10), 19_000, 0);
        var busy = decide(Policy.TIME);
        assertThat(busy.endpoint()).isSameAs(endpoint(1));
        assertThat(busy.reason()).isEqualTo(PickReason.PREFIX_PASSED_OVER);
    }

    @Test
    void theTimeModelGivesASlowSliceNothingItWouldOnlyDelay() {
        pool("NVIDIA-H200", "CPU");
        begin(request(5_000, 100));

        assertThat(decide(Policy.TIME).endpoint()).isSameAs(endpoint(0));
    }

    @Test
    void fallbacksAreTheNextBest() {
        pool("NVIDIA-H200", "CPU", "NVIDIA-H100");
        begin(request(5_000, 100));

        assertThat(decide(Policy.TIME).fallbacks()).containsExactly(endpoint(2), endpoint(1));
    }

    @Test
    void roundRobinTakesEndpointsInTurn() {
        pool("NVIDIA-H200", "CPU");
        var profile = Policy.ROUND_ROBIN.profile(time);
        var picks = new ArrayList<Endpoint>();
        for (int i = 0; i < 4; i++) {
            begin(request(5, 5));
            picks.add(
                    java.util.Objects.requireNonNull(profile.run(context, null).decision())
                            .endpoint());
        }
        assertThat(picks).containsExactly(endpoint(0), endpoint(1), endpoint(0), endpoint(1));
    }

    @Test
    void affinityKeepsToHoldersUnlessTheyAreFarBehind() {
        pool("NVIDIA-H200", "NVIDIA-H200");
        endpoint(0).load().place(50_000, 10);
        begin(request(1_000, 10), 900, 0);
        assertThat(decide(Policy.PREFIX_AFFINITY).endpoint()).isSameAs(endpoint(0));

        endpoint(0).load().placePrefill(30_000_000_000L, NOW);
        begin(request(1_000, 10), 900, 0);
        assertThat(decide(Policy.PREFIX_AFFINITY).endpoint()).isSameAs(endpoint(1));
    }

    @Test
    void coldPromptsAreSpreadByWhoWasGivenOneLongestAgo() {
        pool("NVIDIA-H200", "NVIDIA-H200", "NVIDIA-H200");
        var scorer = new NoHitLruScorer();
        double[] scores = new double[3];
        beginAt(10, 0, 0, 0);
        scorer.booked(context, endpoint(1));
        beginAt(20, 0, 0, 0);
        scorer.booked(context, endpoint(0));
        // warm prompts say nothing of who was given a cold one
        beginAt(30, 5, 0, 0);
        scorer.booked(context, endpoint(2));

        begin(request(10, 10), 0, 0, 0);
        scorer.score(context, scores);
        assertThat(scores).containsExactly(0, 0.5, 1);

        begin(request(10, 10), 5, 0, 0);
        scorer.score(context, scores);
        assertThat(scores).containsExactly(0.5, 0.5, 0.5);
    }

    @Test
    void weightedRandomDrawsInProportionAndNeverWhatScoresNothing() {
        pool("NVIDIA-H200", "NVIDIA-H200", "NVIDIA-H200");
        begin(request(10, 10));
        var picker = new WeightedRandomPicker();
        int[] counts = new int[3];
        int[] order = new int[3];
        for (int i = 0; i < 4_000; i++) {
            picker.pick(context, new double[] {3, 1, 0}, order, 1);
            counts[order[0]]++;
        }
        assertThat(counts[2]).isZero();
        assertThat(counts[0] / 4_000.0).isCloseTo(0.75, within(0.03));
    }

    @Test
    void adaptersGoWhereTheyAreActiveThenWhereThereIsRoom() {
        pool("NVIDIA-H200", "NVIDIA-H200", "NVIDIA-H200", "NVIDIA-H200");
        endpoint(0).report(adapters(2, List.of("sql"), List.of()));
        endpoint(1).report(adapters(2, List.of("x"), List.of()));
        endpoint(2).report(adapters(1, List.of("x"), List.of("sql")));
        endpoint(3).report(adapters(1, List.of("x"), List.of()));
        context.begin(request(1, 1), "sql", pool.snapshot(), null, NOW, FRESH, 256);
        double[] scores = new double[4];

        new LoraAffinityScorer().score(context, scores);

        assertThat(scores).containsExactly(1, 0.8, 0.6, 0);
    }

    @Test
    void anAdapterIsTheSameByBothOfItsNames() {
        pool("NVIDIA-H200", "NVIDIA-H200");
        endpoint(0).report(adapters(2, List.of("sql"), List.of()));
        endpoint(1).report(adapters(2, List.of("publishers/llm/models/poems"), List.of()));
        double[] scores = new double[2];

        context.begin(request(1, 1), "publishers/llm/models/sql", pool.snapshot(), null, NOW, FRESH, 256);
        new LoraAffinityScorer().score(context, scores);
        assertThat(scores).containsExactly(1, 0.8);

        context.begin(request(1, 1), "poems", pool.snapshot(), null, NOW, FRESH, 256);
        new LoraAffinityScorer().score(context, scores);
        assertThat(scores).containsExactly(0.8, 1);
    }

    private static EngineStats adapters(int most, List<String> running, List<String> waiting) {
        return EngineStats.at(NOW)
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(16, 100)
                .adapters(most, running, waiting)
                .build();
    }

    @Test
    void anUnknownModelIsNotFound() {
        pool("NVIDIA-H200");
        endpoint(0).serves(List.of(new ServedModel(MODEL, null, 0)));
        context.begin(request(1, 1), "other", pool.snapshot(), null, NOW, FRESH, 256);

        var refusal = reject(Policy.TIME);

        assertThat(refusal.status()).isEqualTo(404);
        assertThat(refusal.reason()).isEqualTo(RefusalReason.MODEL_UNKNOWN);
        assertThat(refusal.json(ErrorShape.OPENAI, null))
                .isEqualTo("{\"error\":{\"message\":\"The model `other` does not exist.\","
                        + "\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}");
    }

    @Test
    void onlyTokenIdsThatNoEndpointCanTakeAreRefused() {
        pool.apply(List.of(spec(0, null, Role.BOTH, 1_000), spec(1, null, Role.BOTH, 2_000)));
        begin(ids(Dialect.COMPLETIONS, 2_001));
        var refusal = reject(Policy.TIME);
        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.reason()).isEqualTo(RefusalReason.CONTEXT_EXCEEDED);
        assertThat(refusal.message())
                .isEqualTo("This model's maximum context length is 2000 tokens. However, the prompt has 2001 tokens.");

        begin(ids(Dialect.COMPLETIONS, 2_000));
        var fitting = decide(Policy.TIME);
        assertThat(fitting.endpoint()).isSameAs(endpoint(1));
        assertThat(fitting.fallbacks()).as("sure to refuse it").isEmpty();

        pool.apply(List.of(spec(0, null, Role.BOTH, 1_000), spec(2, null, Role.BOTH, 0)));
        begin(ids(Dialect.COMPLETIONS, 2_001));
        assertThat(decide(Policy.TIME).endpoint()).as("it has told no limit").isSameAs(endpoint(1));
    }

    @Test
    void aListOfPromptsIsAsLongAsItsLongest() {
        pool.apply(List.of(spec(0, null, Role.BOTH, 4_096)));
        begin(ids(Dialect.COMPLETIONS, Collections.nCopies(20, 500).toArray(Integer[]::new)));
        assertThat(decide(Policy.TIME).reason()).isNotEqualTo(PickReason.OVER_CONTEXT);
        begin(scan(
                Dialect.EMBEDDINGS,
                "{\"input\":["
                        + Collections.nCopies(64, "\"" + "word".repeat(360) + "\"").stream()
                                .collect(Collectors.joining(","))
                        + "]}"));
        assertThat(decide(Policy.TIME).reason()).isNotEqualTo(PickReason.OVER_CONTEXT);
    }

    @Test
    void anEstimateThatFitsNowhereIsTriedWhereThereIsMostRoom() {
        pool.apply(List.of(
                spec(0, null, Role.BOTH, 1_000), spec(1, null, Role.BOTH, 2_000), spec(2, null, Role.BOTH, 1_500)));
        for (Policy policy : Policy.values()) {
            begin(request(5_000, 100));
            var decision = decide(policy);
            assertThat(decision.endpoint()).as(policy.key()).isSameAs(endpoint(1));
            assertThat(decision.reason()).isEqualTo(PickReason.OVER_CONTEXT);
            assertThat(decision.fallbacks()).containsExactly(endpoint(2), endpoint(0));
        }
    }

    @Test
    void whatByEstimateFitsOnlyTheLargerGoesThereFirst() {
        pool.apply(List.of(spec(0, "NVIDIA-H200", Role.BOTH, 1_000), spec(1, "CPU", Role.BOTH, 2_000)));
        for (Policy policy : Policy.values()) {
            for (int i = 0; i < 3; i++) {
                begin(request(1_100, 0));
                var decision = decide(policy);
                assertThat(decision.endpoint()).as(policy.key()).isSameAs(endpoint(1));
                assertThat(decision.fallbacks()).containsExactly(endpoint(0));
            }
        }

        // the output counts where somebody has room for it, and keeps nobody from being tried
        begin(request(500, 1_000));
        assertThat(decide(Policy.TIME).endpoint()).isSameAs(endpoint(1));
        begin(request(500, 2_147_483_647));
        assertThat(decide(Policy.TIME).endpoint()).isSameAs(endpoint(0));

        endpoint(1).health().connectFailed();
        begin(request(1_100, 0));
        var small = decide(Policy.TIME);
        assertThat(small.endpoint()).isSameAs(endpoint(0));
        assertThat(small.reason()).isEqualTo(PickReason.OVER_CONTEXT);
    }

    @Test
    void theLimitIsTheRequestedModelsOwn() {
        pool.apply(List.of(EndpointSpec.of("e", "10.0.0.1", 80)));
        endpoint(0).serves(List.of(new ServedModel("small", null, 10), new ServedModel(MODEL, null, 3_000)));
        begin(ids(Dialect.COMPLETIONS, 2_500));
        assertThat(decide(Policy.TIME).reason()).isEqualTo(PickReason.ONLY_CANDIDATE);
        begin(ids(Dialect.COMPLETIONS, 3_001));
        assertThat(reject(Policy.TIME).reason()).isEqualTo(RefusalReason.CONTEXT_EXCEEDED);
    }

    /** Prompts of that many token ids each. */
    private static Request ids(Dialect dialect, Integer... lengths) {
        return scan(
                dialect,
                Arrays.stream(lengths)
                        .map(length ->
                                Collections.nCopies(length, "7").stream().collect(Collectors.joining(",", "[", "]")))
                        .collect(Collectors.joining(",", "{\"prompt\":[", "]}")));
    }

    private static Request scan(Dialect dialect, String json) {
        var scanner = new BodyScanner();
        scanner.reset(dialect, PromptSink.NONE);
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        return scanner.request();
    }

    @Test
    void clientsAreNotSentToPrefillOnlyEndpoints() {
        pool.apply(List.of(spec(0, null, Role.PREFILL, 0), spec(1, null, Role.DECODE, 0)));
        begin(request(10, 10));
        var decision = decide(Policy.TIME);
        assertThat(decision.endpoint()).isSameAs(endpoint(1));
        assertThat(decision.reason()).isEqualTo(PickReason.ONLY_CANDIDATE);

        pool.apply(List.of(spec(0, null, Role.PREFILL, 0)));
        begin(request(10, 10));
        assertThat(reject(Policy.TIME).reason()).isEqualTo(RefusalReason.ROLE_MISSING);
    }

    @Test
    void aPoolThatLooksDeadIsTriedAnywayAndAnEmptyOneIsUnavailable() {
        pool("NVIDIA-H200");
        endpoint(0).health().connectFailed();
        begin(request(10, 10));
        assertThat(decide(Policy.TIME).reason()).isEqualTo(PickReason.HEALTH_IGNORED);

        pool.apply(List.of());
        begin(request(10, 10));
        assertThat(reject(Policy.TIME).status()).isEqualTo(503);
    }

    @Test
    void aSubsetNamesItsCandidatesOnceAndOnlyThoseOfThePool() {
        pool("NVIDIA-H200", "NVIDIA-H200", "NVIDIA-H200");
        var named = List.of("10.0.0.2:80", "10.9.9.9:80", "10.0.0.0:80", "10.0.0.2:80");

        for (int round = 0; round < 3; round++) {
            context.begin(request(1, 1), MODEL, pool.snapshot(), named, NOW, FRESH, 256);

            assertThat(context.size()).isEqualTo(2);
            assertThat(List.of(context.candidate(0), context.candidate(1)))
                    .containsExactlyInAnyOrder(endpoint(0), endpoint(2));
            context.end();
        }
    }

    @Test
    void aRequestIsExpectedToGenerateAtLeastWhatItDemands() {
        pool("NVIDIA-H200");
        var scanner = new BodyScanner();
        scanner.reset(Dialect.COMPLETIONS, PromptSink.NONE);
        byte[] body = "{\"prompt\":\"a\",\"min_tokens\":900,\"max_tokens\":1000}".getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();

        begin(scanner.request());

        assertThat(context.work().outputTokens()).isEqualTo(900);
    }
}
