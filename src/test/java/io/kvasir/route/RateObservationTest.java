package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.cost.ClassRates;
import io.kvasir.cost.EndpointRates;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.Role;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import org.junit.jupiter.api.Test;

/** Which answers rates are learned from, and which say nothing of them. */
class RateObservationTest {
    private static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";
    private static final int TOKENS = 100;

    private final RouterFixture fixture =
            new RouterFixture(EndpointSpecs.of("e", 1, Role.BOTH, "NVIDIA-H200", EngineKind.VLLM, MODEL, 0));
    private final Endpoint endpoint = fixture.endpoint("e");
    private final ClassRates rates = fixture.time.rates(endpoint, MODEL);

    private int begun;

    private Booking booked() {
        return booked("");
    }

    private Booking booked(String begin) {
        return booked(begin, 2_000);
    }

    private Booking booked(String begin, int words) {
        byte[] body = RouterFixture.body("{\"model\":\"" + MODEL + "\",\"max_tokens\":100,\"stream\":true,\"prompt\":\""
                + begin + "word".repeat(words) + "\"}");
        var routing = fixture.route(Dialect.COMPLETIONS, body, RequestHeaders.NONE, RoutingHints.NONE);
        return ((Routing.Booked) routing).booking();
    }

    private void pass(double seconds) {
        fixture.clock.addAndGet(Math.round(seconds * 1e9));
    }

    /** Of one request, answered at the pace that is believed. */
    private static double perToken(EndpointRates now) {
        return now.interTokenSeconds(1, 2_050);
    }

    private static void complete(Booking booking) {
        booking.usage(2_000, 0, TOKENS);
        booking.finish(Outcome.COMPLETED);
    }

    /** An answer whose tokens are {@code times} as far apart as is believed, and come by so many at once. */
    private Booking answered(double times, int together) {
        var booking = booked();
        pass(booking.placement().prediction().firstToken());
        booking.firstToken();
        for (int i = together; i < TOKENS; i += together) {
            pass(times * together * perToken(rates.believed()));
            booking.tokens(1);
        }
        return booking;
    }

    private void assertUnmoved() {
        assertThat(perToken(rates.rates())).isCloseTo(perToken(rates.believed()), within(1e-9));
    }

    @Test
    void tokensThatComeOneByOneTellHowFarApartTheyAre() {
        for (int i = 0; i < 40; i++) {
            complete(answered(2, 1));
        }

        assertThat(perToken(rates.rates()) / perToken(rates.believed())).isCloseTo(2, within(0.15));
        assertThat(rates.samples()).isEqualTo(80);
    }

    @Test
    void tokensThatAreToldOfLateSayTheSameToTheBit() {
        var late = new RateObservationTest();
        for (int i = 0; i < 60; i++) {
            // three times slower at last, so that the pace has something to follow
            double times = i < 40 ? 1 : 3;
            complete(answered(times, 1));
            complete(late.answeredLate(times));

            long now = fixture.clock.get();
            assertThat(late.fixture.clock.get()).isEqualTo(now);
            assertThat(late.endpoint.pace().factor(now))
                    .isEqualTo(endpoint.pace().factor(now));
            assertThat(perToken(late.rates.rates())).isEqualTo(perToken(rates.rates()));
        }
        assertThat(endpoint.pace().factor(fixture.clock.get())).isNotEqualTo(1);
    }

    /** As {@link #answered} one by one, told when it has to be. */
    private Booking answeredLate(double times) {
        var booking = booked();
        pass(booking.placement().prediction().firstToken());
        booking.firstToken();
        long[] at = new long[TOKENS];
        int untold = 0;
        for (int i = 1; i < TOKENS; i++) {
            pass(times * perToken(rates.believed()));
            long now = fixture.clock.get();
            at[untold++] = now;
            if (i == TOKENS - 1 || untold >= booking.quietTokens() && now >= booking.quietUntilNanos()) {
                booking.tokens(at, 0, untold);
                untold = 0;
            }
        }
        return booking;
    }

    @Test
    void anEngineThatCollectsSomeBeforeItSendsThemIsLearnedLikewise() {
        for (int i = 0; i < 60; i++) {
            complete(answered(2, 5));
        }

        assertThat(perToken(rates.rates()) / perToken(rates.believed())).isCloseTo(2, within(0.25));
        assertThat(rates.tokensPerEvent()).isCloseTo(5, within(0.5));
    }

    @Test
    void anAnswerThatComesInOnePieceSaysNothing() {
        for (int i = 0; i < 40; i++) {
            var booking = booked();
            pass(booking.placement().prediction().end());
            booking.firstToken();
            pass(0.001);
            complete(booking);
        }

        assertUnmoved();
        assertThat(rates.samples()).isZero();
    }

    @Test
    void anAnswerOfWhichMostIsNotShownSaysNothing() {
        for (int i = 0; i < 40; i++) {
            complete(answered(1, 1));
        }
        long before = rates.samples();
        var booking = booked();
        // thought for 4,000 tokens first, and told ten
        pass(booking.placement().prediction().firstToken() + 4_000 * perToken(rates.rates()));
        booking.firstToken();
        for (int i = 1; i < 10; i++) {
            pass(perToken(rates.rates()));
            booking.tokens(1);
        }
        booking.usage(2_000, 0, 4_010);
        booking.finish(Outcome.COMPLETED);

        assertThat(rates.samples()).isEqualTo(before);
    }

    @Test
    void aClientThatDoesNotReadMakesNoReplicaSlow() {
        for (int i = 0; i < 40; i++) {
            complete(answered(1, 1));
        }
        double before = perToken(rates.rates());
        for (int i = 0; i < 40; i++) {
            var booking = booked();
            pass(booking.placement().prediction().firstToken());
            booking.firstToken();
            for (int event = 1; event < TOKENS; event++) {
                if (event == 5) {
                    booking.clientBehind();
                }
                pass(10 * before);
                booking.tokens(1);
            }
            complete(booking);
        }

        assertThat(perToken(rates.rates())).isCloseTo(before, within(0.02 * before));
        assertThat(endpoint.pace().factor(fixture.clock.get())).isEqualTo(1);
    }

    private void answeredAsKnown(int count) {
        for (int i = 0; i < count; i++) {
            var booking = booked("begin " + begun++);
            pass(booking.placement().prediction().firstToken());
            booking.firstToken();
            for (int event = 1; event < TOKENS; event++) {
                pass(perToken(rates.rates()));
                booking.tokens(1);
            }
            complete(booking);
        }
    }

    /** Has the class seen enough to tell a slow replica. */
    private void settle() {
        answeredAsKnown(40);
        assertThat(rates.settled()).isTrue();
        assertThat(endpoint.pace().factor(fixture.clock.get())).isEqualTo(1);
    }

    /** One whose prompt was there before. */
    private Booking again() {
        var booking = booked();
        assertThat(booking.placement().prediction().cachedTokens()).isGreaterThan(1_000);
        return booking;
    }

    private void answered(Booking booking, double firstSeconds, int cached) {
        pass(firstSeconds);
        booking.firstToken();
        for (int event = 1; event < 10; event++) {
            pass(perToken(rates.rates()));
            booking.tokens(1);
        }
        booking.usage(2_000, cached, 10);
        booking.finish(Outcome.COMPLETED);
    }

    @Test
    void aPromptThatIsNoLongerHeldMakesNoReplicaSlow() {
        settle();
        booked().finish(Outcome.COMPLETED);
        for (int i = 0; i < 10; i++) {
            var booking = again();
            pass(rates.rates().prefillSeconds(2_000, 0, 0));
            booking.firstToken();
            booking.finish(Outcome.CLIENT_GONE);
        }

        assertThat(endpoint.pace().factor(fixture.clock.get())).isEqualTo(1);
    }

    @Test
    void whereTheEngineTellsWhatItHeldASlowOneIsToldByThat() {
        settle();
        booked().finish(Outcome.COMPLETED);
        for (int i = 0; i < 10; i++) {
            answered(again(), rates.rates().prefillSeconds(400, 1_600, 0), 1_600);
        }
        assertThat(endpoint.pace().factor(fixture.clock.get())).isEqualTo(1);

        for (int i = 0; i < 10; i++) {
            answered(again(), 3 * rates.rates().prefillSeconds(400, 1_600, 0), 1_600);
        }
        assertThat(endpoint.pace().factor(fixture.clock.get())).isGreaterThan(1.15);
    }

    @Test
    void anAnswerOfWhichMostIsNotShownMakesNoReplicaFast() {
        settle();
        var hidden = booked();
        pass(hidden.placement().prediction().firstToken() + 4_000 * perToken(rates.rates()));
        hidden.firstToken();
        for (int event = 1; event < 10; event++) {
            pass(perToken(rates.rates()));
            hidden.tokens(1);
        }
        hidden.usage(2_000, 0, 4_010);
        hidden.finish(Outcome.COMPLETED);

        assertThat(rates.tokensPerEvent()).isLessThan(2);
        answeredAsKnown(3);
        assertThat(endpoint.pace().factor(fixture.clock.get())).isEqualTo(1);
    }

    @Test
    void anEngineThatTellsSixteenTokensAtATimeAfterTheFirstIsAsFastAsItIs() {
        for (int i = 0; i < 60; i++) {
            var booking = booked("begin " + i);
            pass(booking.placement().prediction().firstToken());
            booking.firstToken();
            for (int event = 1; event < 20; event++) {
                pass(16 * perToken(rates.believed()));
                booking.tokens(1);
            }
            booking.usage(2_000, 0, 1 + 19 * 16);
            booking.finish(Outcome.COMPLETED);
        }

        assertThat(rates.tokensPerEvent()).isCloseTo(16, within(0.5));
        assertThat(perToken(rates.rates()) / perToken(rates.believed())).isCloseTo(1, within(0.1));
        assertThat(endpoint.pace().factor(fixture.clock.get())).isEqualTo(1);
    }

    @Test
    void aLongPromptUnderWayMakesNobodySlow() {
        settle();
        for (int i = 0; i < 8; i++) {
            var decoding = booked("decoding " + i);
            pass(decoding.placement().prediction().firstToken());
            decoding.firstToken();
            var prompt = booked("long " + i, 120_000);
            var expected = prompt.placement().prediction();
            int chunks = (int) rates.rates().chunks(120_000);
            // a token with each chunk, and the prompt's own first token is still to come
            for (int event = 0; event < 16; event++) {
                pass(expected.prefill() / chunks);
                decoding.tokens(1);
            }
            prompt.firstToken();
            prompt.finish(Outcome.CLIENT_GONE);
            decoding.usage(2_000, 0, 17);
            decoding.finish(Outcome.COMPLETED);
        }

        assertThat(endpoint.pace().factor(fixture.clock.get())).isEqualTo(1);
        assertThat(perToken(rates.rates()) / perToken(rates.believed())).isCloseTo(1, within(0.1));
        fixture.assertNothingInFlight();
    }

    @Test
    void whatBreaksOffOrIsRefusedSaysNothing() {
        answered(3, 1).finish(Outcome.CLIENT_GONE);
        answered(3, 1).finish(Outcome.UPSTREAM_RESET);
        var refused = booked();
        refused.responseStarted(500);
        pass(3);
        refused.finish(Outcome.UPSTREAM_ERROR);

        assertUnmoved();
        assertThat(rates.samples()).isZero();
        fixture.assertNothingInFlight();
    }
}
