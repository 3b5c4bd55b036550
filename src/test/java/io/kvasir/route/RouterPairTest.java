package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.admission.TestAdmission;
import io.kvasir.cost.Price;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Role;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixNamespace;
import io.kvasir.prefix.PrefixView;
import io.kvasir.request.Dialect;
import io.kvasir.schedule.PairReason;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests with a prefill endpoint beside their own: who is paired, and that both get back what was counted. */
class RouterPairTest {
    private static final String PROMPT = "a prompt of some length that is worth a prefill elsewhere ".repeat(100);
    private static final RoutingHints PAIRS = RoutingHints.builder().pairs(true).build();
    private static final EndpointSpec[] ENDPOINTS = {
        EndpointSpecs.of("p-nvidia", 1, Role.PREFILL, "NVIDIA-H100"),
        EndpointSpecs.of("p-amd", 2, Role.PREFILL, "AMD-Instinct-MI300X"),
        EndpointSpecs.of("d-nvidia", 3, Role.DECODE, "NVIDIA-H100"),
        EndpointSpecs.of("d-amd", 4, Role.DECODE, "AMD-Instinct-MI300X")
    };

    private final RouterFixture fixture =
            new RouterFixture(new PdDecider.UncachedTokens(16, 0), Policy.LEAST_LOAD, ENDPOINTS);
    private final Router router = fixture.router;

    private Booking booked(String prompt, RoutingHints hints) {
        return fixture.booked(RouterFixture.chat("m", prompt), hints);
    }

    private static Endpoint prefill(Booking booking) {
        return Objects.requireNonNull(booking.decision().prefill());
    }

    @Test
    void pairsAreOfOneVendorWhereverRequestsGo() {
        for (int i = 0; i < 20; i++) {
            var booking = booked(PROMPT + i + PROMPT, PAIRS);
            if (booking.decision().pairing() == PairReason.PAIRED) {
                assertThat(prefill(booking).hardware().vendor())
                        .isEqualTo(booking.endpoint().hardware().vendor());
            }
        }
        assertThat(router.counts().paired(PairReason.PAIRED)).isEqualTo(20);
        assertThat(fixture.endpoint("p-nvidia").picks().get(PickReason.PREFILL)).isPositive();
        assertThat(fixture.endpoint("p-amd").picks().get(PickReason.PREFILL)).isPositive();
    }

    @Test
    void aDoorThatCannotUsePairsGetsNoneAndNoPrefillEndpoint() {
        var booking = booked(PROMPT, RoutingHints.NONE);

        assertThat(booking.decision().prefill()).isNull();
        assertThat(booking.endpoint().spec().role()).isEqualTo(Role.DECODE);
        assertThat(router.counts().paired(PairReason.NONE)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void everyWayToEndTakesBackWhatBothEndpointsWereGiven(Outcome outcome) {
        var early = booked("one " + PROMPT, PAIRS);
        var answered = booked("two " + PROMPT, PAIRS);
        answered.responseStarted(200);
        answered.firstToken();
        answered.tokens(3);
        var refused = booked("three " + PROMPT, PAIRS);
        refused.responseStarted(500);

        for (var booking : List.of(early, answered, refused)) {
            booking.finish(outcome);
            booking.finish(Outcome.COMPLETED);
            booking.responseStarted(200);
            booking.prefillDue();
        }

        fixture.assertNothingInFlight();
    }

    @Test
    void thePrefillEndpointsBooksHoldTheWorkUntilTheAnswerBegins() {
        var booking = booked(PROMPT, PAIRS);
        var prefill = prefill(booking).load();
        var decode = booking.endpoint().load();

        assertThat(prefill.requests()).isEqualTo(1);
        assertThat(prefill.promptTokens()).isEqualTo(booking.request().promptTokens());
        assertThat(prefill.prefillNanos()).isGreaterThan(decode.prefillNanos()).isPositive();
        assertThat(decode.requests()).isEqualTo(1);
        assertThat(decode.outputTokens()).isPositive();

        booking.responseStarted(200);

        assertThat(prefill.requests()).isZero();
        assertThat(prefill.prefills()).isZero();
        assertThat(decode.requests()).isEqualTo(1);
        booking.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
    }

    @Test
    void thoseWhoWillComeAreExpectedWherePromptsComeThatAreDecodedElsewhere() {
        var prefill = prefill(booked(PROMPT, PAIRS));

        var load = prefill.load();
        double lately = load.lately(router.nanoTime());
        assertThat(load.promptsPerSecond(lately)).isCloseTo(0.1, within(1e-6));
        assertThat(load.stretchedShare(lately)).isPositive();
        var price = new Price();
        var rates = fixture.time.rates(prefill, "m").rates();
        fixture.time.price(price, prefill, rates, new Work(1000, 0, 1, 1, 100), 0, router.nanoTime(), 0);
        assertThat(price.behind()).isPositive();
        assertThat(price.perTokenAmidPrompts()).isGreaterThan(price.perToken());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoDecodesBesideAPromptForAnotherIsNotTakenForSlow(boolean answered) {
        var booking = booked(PROMPT, PAIRS);
        var prefill = prefill(booking).load();
        long tokens = booking.request().promptTokens();

        assertThat(prefill.prefilledTokens(1)).isEqualTo(tokens);
        booking.responseStarted(answered ? 200 : 500);
        booking.finish(answered ? Outcome.COMPLETED : Outcome.UPSTREAM_ERROR);

        assertThat(prefill.prefilledTokens(1)).isEqualTo(answered ? tokens : 0);
        assertThat(prefill.prefillSteps(1)).isEqualTo(answered ? 1 : 0);
        assertThat(prefill.prefilledNanos() > 0).isEqualTo(answered);
    }

    @Test
    void ofAPromptThatAnotherComputesTheDecodingEndpointComputesOneToken() {
        var booking = booked(PROMPT, PAIRS);
        booking.responseStarted(200);
        booking.firstToken();

        var decode = booking.endpoint().load();
        assertThat(decode.prefillSteps(0)).isEqualTo(1);
        assertThat(decode.prefilledTokens(0)).isEqualTo(1);
        assertThat(decode.prefilledPairs(0)).isEqualTo(booking.request().promptTokens() - 1);
        booking.finish(Outcome.COMPLETED);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aViewThatThrowsLeavesNothingAtEitherEndpoint(int call) {
        var calls = new AtomicInteger();
        var view = (PrefixView) Proxy.newProxyInstance(
                PrefixView.class.getClassLoader(), new Class<?>[] {PrefixView.class}, (_, method, arguments) -> {
                    if (method.getName().equals("routed") && calls.incrementAndGet() == call) {
                        throw new IllegalStateException("a view that throws");
                    }
                    return method.invoke(fixture.view, arguments);
                });
        var broken = new Router(
                fixture.pool,
                view,
                fixture.time,
                router.profiles(),
                RouterSettings.DEFAULT,
                _ -> {},
                fixture.clock::get,
                new SplittableRandom(3)::split);
        byte[] body = RouterFixture.chat("m", PROMPT);
        var reading = broken.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        var request = reading.finish();

        assertThatThrownBy(() -> broken.route(reading, request, PAIRS)).hasMessageContaining("a view that throws");

        assertThat(broken.counts().paired(PairReason.PAIRED)).isEqualTo(1);
        fixture.assertNothingInFlight();
    }

    @Test
    void admissionHearsThatThePrefillEndpointHasRoomAgain() {
        var admission = new TestAdmission(TestAdmission.Mode.ADMIT);
        router.admission(admission);
        var booking = booked(PROMPT, PAIRS);
        assertThat(admission.freed()).isEmpty();

        booking.responseStarted(200);

        assertThat(admission.freed()).containsExactly(prefill(booking));
        booking.finish(Outcome.COMPLETED);
        assertThat(admission.freed()).containsExactly(prefill(booking), booking.endpoint());
        fixture.assertNothingInFlight();
    }

    @Test
    void whereTheAnswerIsNotStreamedTheWorkCountsForItsPredictedTime() {
        var booking = booked(PROMPT, PAIRS);

        assertThat(booking.unseenPrefillSeconds()).isPositive();
        booking.prefillDue();

        assertThat(prefill(booking).load().requests()).isZero();
        assertThat(booking.unseenPrefillSeconds()).isZero();
        booking.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();

        var streamed = fixture.booked(
                RouterFixture.body(
                        "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]}"),
                PAIRS);
        assertThat(streamed.unseenPrefillSeconds()).isZero();
    }

    @Test
    void bothEndpointsAreBelievedToHoldThePromptAfterwards() {
        var first = booked(PROMPT, PAIRS);
        first.firstToken();
        first.finish(Outcome.COMPLETED);
        var vendor = first.endpoint().hardware().vendor();

        var second = booked(PROMPT, PAIRS);
        while (!second.endpoint().hardware().vendor().equals(vendor)) {
            second = booked(PROMPT, PAIRS);
        }

        assertThat(second.decision().cachedTokens()).isGreaterThan(1000);
        assertThat(second.decision().pairing()).as("nothing is left to prefill").isEqualTo(PairReason.DECIDED_AGAINST);
    }

    @Test
    void aPrefillThatNeverRanIsForgotten() {
        var first = booked(PROMPT, PAIRS);
        first.finish(Outcome.CONNECT_FAILED);
        first.endpoint().health().probePassed();

        var matches = new PrefixMatches();
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        byte[] body = RouterFixture.chat("m", PROMPT);
        reading.feed(body, 0, body.length);
        reading.finish();
        fixture.view.match(
                PrefixNamespace.of("m", null, null),
                reading.keys(),
                fixture.pool.snapshot().slots(),
                matches);

        assertThat(matches.tokens(prefill(first).ordinal())).isZero();
        assertThat(matches.tokens(first.endpoint().ordinal())).isZero();
    }

    @Test
    void aRetryGoesOnWithoutThePrefillEndpoint() {
        fixture.pool.apply(List.of(
                EndpointSpecs.of("p", 1, Role.PREFILL, null),
                EndpointSpecs.of("d1", 3, Role.DECODE, null),
                EndpointSpecs.of("d2", 4, Role.DECODE, null)));
        var booking = booked(PROMPT, PAIRS);
        var prefill = prefill(booking);

        assertThat(booking.retry(RetryReason.REFUSED)).isNotNull();

        assertThat(prefill.load().requests()).isZero();
        booking.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
    }

    @Test
    void aPrefillEndpointThatAnswersErrorsIsFoundOut() {
        fixture.pool.apply(List.of(
                EndpointSpecs.of("p", 1, Role.PREFILL, null),
                EndpointSpecs.of("d1", 3, Role.DECODE, null),
                EndpointSpecs.of("d2", 4, Role.DECODE, null)));
        for (int i = 0; i < OutlierDetection.LEAST_FAILURES; i++) {
            var booking = booked(i + PROMPT, PAIRS);
            booking.responseStarted(502);
            booking.finish(Outcome.UPSTREAM_ERROR);
        }

        assertThat(fixture.endpoint("p").health().state()).isEqualTo(EndpointHealth.State.EJECTED);
        assertThat(fixture.endpoint("d1").health().state()).isNotEqualTo(EndpointHealth.State.EJECTED);
        assertThat(fixture.endpoint("d2").health().state()).isNotEqualTo(EndpointHealth.State.EJECTED);
        var alone = booked("alone " + PROMPT, PAIRS);
        assertThat(alone.decision().pairing()).isEqualTo(PairReason.UNHEALTHY);
    }

    @Test
    void whatAPairReportsAsCachedIsNotHeldAgainstPredictions() {
        var booking = booked(PROMPT, PAIRS);
        booking.firstToken();
        booking.usage(1000, 999, 5);
        booking.finish(Outcome.COMPLETED);

        assertThat(router.counts().promptTokens()).isEqualTo(1000);
        assertThat(router.counts().cachedTokens()).isZero();
    }
}
