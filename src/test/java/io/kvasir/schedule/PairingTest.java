package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.pool.ServedModel;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PairingTest {
    private static final String MODEL = "llama-3.1-8b";
    private static final String H100 = "NVIDIA-H100";
    private static final String MI300X = "AMD-Instinct-MI300X";

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(1));

    private void pool(EndpointSpec... specs) {
        pool.apply(List.of(specs));
    }

    private Endpoint endpoint(String name) {
        return pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.spec().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** A chat request with a prompt of about that many tokens. */
    private static Request request(int promptTokens) {
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, PromptSink.NONE);
        byte[] body = ("{\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\""
                        + "word".repeat(promptTokens) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        return scanner.request();
    }

    private Pairing pairing(PdDecider decider) {
        return new Pairing(decider, Policy.TIME.prefillProfile(time), time, false);
    }

    private Decision pair(PdDecider decider, int promptTokens) {
        return pair(pairing(decider), Policy.TIME, request(promptTokens), null, null);
    }

    private Decision pair(
            Pairing pairing,
            Policy policy,
            Request request,
            @Nullable List<String> subset,
            @Nullable Explanation explanation) {
        context.begin(request, MODEL, pool.snapshot(), null, 1, Long.MAX_VALUE, 256);
        var decision = Objects.requireNonNull(
                policy.profile(time).run(context, explanation).decision());
        return pairing.pair(context, pool.snapshot(), subset, decision, explanation);
    }

    @Test
    void aDecodeEndpointIsPairedWithAPrefillEndpoint() {
        pool(EndpointSpecs.of("p", 1, Role.PREFILL, H100), EndpointSpecs.of("d", 2, Role.DECODE, H100));

        var decision = pair(new PdDecider.Always(), 1000);

        assertThat(decision.endpoint()).isSameAs(endpoint("d"));
        assertThat(decision.prefill()).isSameAs(endpoint("p"));
        assertThat(decision.pairing()).isEqualTo(PairReason.PAIRED);
    }

    @Test
    void vendorsAreNotMixedUnlessThatIsAllowed() {
        pool(EndpointSpecs.of("p", 1, Role.PREFILL, MI300X), EndpointSpecs.of("d", 2, Role.DECODE, H100));

        assertThat(pair(new PdDecider.Always(), 1000).pairing()).isEqualTo(PairReason.INCOMPATIBLE);

        var mixing = new Pairing(new PdDecider.Always(), Policy.TIME.prefillProfile(time), time, true);
        assertThat(pair(mixing, Policy.TIME, request(1000), null, null).prefill())
                .isSameAs(endpoint("p"));
    }

    @Test
    void amongMixedVendorsThePairIsOfOne() {
        pool(
                EndpointSpecs.of("p-amd", 1, Role.PREFILL, MI300X),
                EndpointSpecs.of("p-nvidia", 2, Role.PREFILL, H100),
                EndpointSpecs.of("d-amd", 3, Role.DECODE, MI300X),
                EndpointSpecs.of("d-nvidia", 4, Role.DECODE, H100));

        endpoint("d-nvidia").health().connectFailed();
        assertThat(pair(new PdDecider.Always(), 1000).prefill()).isSameAs(endpoint("p-amd"));
        endpoint("d-nvidia").health().probePassed();
        endpoint("d-amd").health().connectFailed();
        assertThat(pair(new PdDecider.Always(), 1000).prefill()).isSameAs(endpoint("p-nvidia"));
    }

    @Test
    void hardwareThatNobodyTellsAboutIsTakenForAlike() {
        pool(EndpointSpecs.of("p", 1, Role.PREFILL, null), EndpointSpecs.of("d", 2, Role.DECODE, null));

        assertThat(pair(new PdDecider.Always(), 1000).prefill()).isSameAs(endpoint("p"));
    }

    @Test
    void unknownHardwareIsNotPairedWithKnown() {
        pool(EndpointSpecs.of("p", 1, Role.PREFILL, null), EndpointSpecs.of("d", 2, Role.DECODE, H100));

        assertThat(pair(new PdDecider.Always(), 1000).pairing()).isEqualTo(PairReason.INCOMPATIBLE);
    }

    @Test
    void enginesAndBaseModelsAreNotMixed() {
        pool(
                EndpointSpecs.of("p-sglang", 1, Role.PREFILL, H100, EngineKind.SGLANG, MODEL, 0),
                EndpointSpecs.of("d", 2, Role.DECODE, H100, EngineKind.VLLM, MODEL, 0));
        assertThat(pair(new PdDecider.Always(), 1000).pairing()).isEqualTo(PairReason.INCOMPATIBLE);

        pool(
                EndpointSpecs.of("p-other", 3, Role.PREFILL, H100, EngineKind.VLLM, "other", 0),
                EndpointSpecs.of("d", 2, Role.DECODE, H100, EngineKind.VLLM, MODEL, 0));
        endpoint("p-other").serves(List.of(new ServedModel("other", null, 0)));
        assertThat(pair(new PdDecider.Always(), 1000).pairing()).isEqualTo(PairReason.NO_PREFILL_ENDPOINT);
    }

    @Test
    void endpointsThatAreDownOrTooSmallAreNotChosen() {
        pool(
                EndpointSpecs.of("p", 1, Role.PREFILL, H100, EngineKind.VLLM, null, 500),
                EndpointSpecs.of("d", 2, Role.DECODE, H100));
        assertThat(pair(new PdDecider.Always(), 1000).pairing()).isEqualTo(PairReason.TOO_SMALL);
        assertThat(pair(new PdDecider.Always(), 480).pairing())
                .as("the output is not its business")
                .isEqualTo(PairReason.PAIRED);

        endpoint("p").health().connectFailed();
        assertThat(pair(new PdDecider.Always(), 480).pairing()).isEqualTo(PairReason.UNHEALTHY);
    }

    @Test
    void aPoolThatHasNoEndpointsForPrefillOnlyMakesNoPairs() {
        pool(EndpointSpecs.of("a", 1, Role.BOTH, H100), EndpointSpecs.of("b", 2, Role.BOTH, H100));

        assertThat(pair(new PdDecider.Always(), 1000).pairing()).isEqualTo(PairReason.NO_PREFILL_ENDPOINT);
    }

    @Test
    void anEndpointForBothDoesEitherButNotForItself() {
        pool(
                EndpointSpecs.of("p", 1, Role.PREFILL, H100),
                EndpointSpecs.of("b", 2, Role.BOTH, H100),
                EndpointSpecs.of("b2", 3, Role.BOTH, H100));
        endpoint("p").load().placePrefill(30_000_000_000L, 1);

        var decision = pair(new PdDecider.Always(), 1000);

        assertThat(List.of("b", "b2")).contains(decision.endpoint().spec().name());
        assertThat(Objects.requireNonNull(decision.prefill()).spec().role()).isEqualTo(Role.BOTH);
        assertThat(decision.prefill()).isNotSameAs(decision.endpoint());
    }

    @Test
    void theGatewaysSubsetHoldsForPrefillToo() {
        pool(
                EndpointSpecs.of("p1", 1, Role.PREFILL, H100),
                EndpointSpecs.of("p2", 2, Role.PREFILL, H100),
                EndpointSpecs.of("d", 3, Role.DECODE, H100));
        var always = pairing(new PdDecider.Always());

        for (int i = 0; i < 10; i++) {
            assertThat(pair(always, Policy.TIME, request(1000), List.of("10.0.0.2:8000", "10.0.0.3:8000"), null)
                            .prefill())
                    .isSameAs(endpoint("p2"));
        }
        assertThat(pair(always, Policy.TIME, request(1000), List.of("10.0.0.3:8000"), null)
                        .pairing())
                .isEqualTo(PairReason.NO_PREFILL_ENDPOINT);
    }

    @Test
    void fallbacksThatThePrefillEndpointCannotServeAreLeftOut() {
        pool(
                EndpointSpecs.of("p", 1, Role.PREFILL, H100),
                EndpointSpecs.of("d", 2, Role.DECODE, H100),
                EndpointSpecs.of("d-amd", 3, Role.DECODE, MI300X),
                EndpointSpecs.of("d2", 4, Role.DECODE, H100));
        endpoint("d-amd").load().place(100_000, 100);
        endpoint("d-amd").load().placePrefill(20_000_000_000L, 1);

        var decision = pair(new PdDecider.Always(), 1000);

        assertThat(decision.fallbacks())
                .singleElement()
                .satisfies(fallback -> assertThat(fallback.hardware().vendor()).isEqualTo("nvidia"));
    }

    @Test
    void whoGeneratesNothingIsNotPaired() {
        pool(EndpointSpecs.of("p", 1, Role.PREFILL, H100), EndpointSpecs.of("d", 2, Role.DECODE, H100));

        assertThat(pair(
                                pairing(new PdDecider.Always()),
                                Policy.TIME,
                                Request.withoutBody(Dialect.EMBEDDINGS),
                                null,
                                null)
                        .pairing())
                .isEqualTo(PairReason.NONE);
    }

    @ParameterizedTest
    @CsvSource({
        // uncached tokens, prompt tokens: thresholds, then prompt and cached as they are
        "16, 0, 1000, 0, true",
        "16, 0, 1000, 984, true",
        "16, 0, 1000, 985, false",
        "0, 0, 1000, 0, false",
        "512, 0, 400, 0, false",
        "16, 2000, 1000, 0, false",
        "16, 1000, 1000, 0, true"
    })
    void uncachedTokensDecide(int uncached, int prompt, int promptTokens, int cached, boolean paired) {
        pool(EndpointSpecs.of("d", 1, Role.DECODE, H100), EndpointSpecs.of("p", 2, Role.PREFILL, H100));
        var request = request(promptTokens);
        // roles and markup count a little
        int over = (int) request.promptTokens() - promptTokens;
        context.begin(request, MODEL, pool.snapshot(), null, 1, Long.MAX_VALUE, 256);
        context.matches().reset(2);
        context.matches().tokens()[endpoint("d").ordinal()] = cached + over;
        context.matches().conclude(PrefixMatches.Outcome.ANSWERED, request.promptTokens(), PrefixSource.APPROXIMATE);
        var decision = Objects.requireNonNull(
                Policy.TIME.profile(time).run(context, null).decision());

        var result = pairing(new PdDecider.UncachedTokens(uncached, prompt == 0 ? 0 : prompt + over))
                .pair(context, pool.snapshot(), null, decision, null);

        assertThat(result.pairing()).isEqualTo(paired ? PairReason.PAIRED : PairReason.DECIDED_AGAINST);
    }

    @Test
    void withoutAnAnswerOfTheIndexUncachedTokensDecideAgainst() {
        pool(EndpointSpecs.of("d", 1, Role.DECODE, H100), EndpointSpecs.of("p", 2, Role.PREFILL, H100));
        context.begin(request(1000), MODEL, pool.snapshot(), null, 1, Long.MAX_VALUE, 256);
        context.matches().reset(2);
        context.matches().conclude(PrefixMatches.Outcome.CONTENDED, 0, PrefixSource.APPROXIMATE);
        var decision = Objects.requireNonNull(
                Policy.TIME.profile(time).run(context, null).decision());

        assertThat(pairing(new PdDecider.UncachedTokens(16, 0))
                        .pair(context, pool.snapshot(), null, decision, null)
                        .pairing())
                .isEqualTo(PairReason.DECIDED_AGAINST);
    }

    @Test
    void timeDecidesForThePairThatIsSooner() {
        pool(EndpointSpecs.of("d", 1, Role.DECODE, H100), EndpointSpecs.of("p", 2, Role.PREFILL, H100));

        assertThat(pair(new PdDecider.SoonerFirstToken(), 8000).pairing())
                .as("idle, the transfer is for nothing")
                .isEqualTo(PairReason.DECIDED_AGAINST);

        endpoint("d").load().placePrefill(2_000_000_000L, 1);
        var decision = pair(new PdDecider.SoonerFirstToken(), 8000);
        assertThat(decision.prefill()).as("while the decode endpoint is busy").isSameAs(endpoint("p"));
        assertThat(decision.predictedTtftSeconds()).isBetween(0.05, 0.5);

        endpoint("p").load().placePrefill(5_000_000_000L, 1);
        assertThat(pair(new PdDecider.SoonerFirstToken(), 8000).pairing())
                .as("while the prefill endpoint is busier")
                .isEqualTo(PairReason.DECIDED_AGAINST);
    }

    @Test
    void neverIsNever() {
        pool(EndpointSpecs.of("d", 1, Role.DECODE, H100), EndpointSpecs.of("p", 2, Role.PREFILL, H100));

        assertThat(pair(new PdDecider.Never(), 100_000).pairing()).isEqualTo(PairReason.DECIDED_AGAINST);
        assertThat(pairing(new PdDecider.Never()).usesPrefix(pool.snapshot())).isFalse();
    }

    @Test
    void theEndpointThatHoldsThePromptPrefills() {
        pool(
                EndpointSpecs.of("d", 1, Role.DECODE, H100),
                EndpointSpecs.of("p1", 2, Role.PREFILL, H100),
                EndpointSpecs.of("p2", 3, Role.PREFILL, H100));
        var request = request(4000);
        context.begin(request, MODEL, pool.snapshot(), null, 1, Long.MAX_VALUE, 256);
        context.matches().reset(3);
        context.matches().tokens()[endpoint("p2").ordinal()] = 3000;
        var decision = Objects.requireNonNull(
                Policy.TIME.profile(time).run(context, null).decision());

        var pair = pairing(new PdDecider.Always()).pair(context, pool.snapshot(), null, decision, null);

        assertThat(pair.prefill()).isSameAs(endpoint("p2"));
        assertThat(pair.prefillCachedTokens()).isEqualTo(3000);
    }

    @ParameterizedTest
    @EnumSource(Policy.class)
    void everyPolicyChoosesPrefillEndpoints(Policy policy) {
        pool(
                EndpointSpecs.of("d", 1, Role.DECODE, H100),
                EndpointSpecs.of("p1", 2, Role.PREFILL, H100),
                EndpointSpecs.of("p2", 3, Role.PREFILL, H100));
        var pairing = new Pairing(new PdDecider.Always(), policy.prefillProfile(time), time, false);
        var explanation = new Explanation(time);

        var decision = pair(pairing, policy, request(1000), null, explanation);

        assertThat(decision.pairing()).isEqualTo(PairReason.PAIRED);
        assertThat(explanation.candidates())
                .extracting(Explanation.Candidate::endpoint)
                .containsExactly("d");
        var stage = Objects.requireNonNull(explanation.prefill());
        assertThat(stage.candidates())
                .extracting(Explanation.Candidate::endpoint)
                .containsExactly("p1", "p2");
        for (var candidate : stage.candidates()) {
            assertThat(candidate.cost().prefill()).isPositive();
            assertThat(candidate.cost().transfer()).isPositive();
            assertThat(candidate.cost().decode()).isZero();
        }
        assertThat(explanation.candidates().getFirst().cost().transfer()).isZero();
    }
}
