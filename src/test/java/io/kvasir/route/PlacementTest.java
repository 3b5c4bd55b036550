package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.Role;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a booking was expected to take, beside what it took. */
class PlacementTest {
    private static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";

    private final RouterFixture fixture = new RouterFixture(
            EndpointSpecs.of("e", 1, Role.BOTH, "NVIDIA-H200", EngineKind.VLLM, MODEL, 0),
            EndpointSpecs.of("f", 2, Role.BOTH, "NVIDIA-L4", EngineKind.VLLM, MODEL, 0));

    private Booking booked(String members) {
        byte[] body = RouterFixture.body("{\"model\":\"" + MODEL + "\",\"max_tokens\":100," + members + "}");
        var routing = fixture.route(Dialect.COMPLETIONS, body, RequestHeaders.NONE, RoutingHints.NONE);
        return ((Routing.Booked) routing).booking();
    }

    private void pass(double seconds) {
        fixture.clock.addAndGet(Math.round(seconds * 1e9));
    }

    private List<RequestTimes.Times> times() {
        var all = new ArrayList<RequestTimes.Times>();
        fixture.router.counts().times().forEach((_, times) -> all.add(times));
        return all;
    }

    @Test
    void aBookingKeepsWhatItWasExpectedToTakeWhateverComesAfterIt() {
        var first = booked("\"prompt\":\"" + "word".repeat(20_000) + "\"");
        var expected = first.placement().prediction();
        for (int i = 0; i < 20; i++) {
            var _ = booked("\"prompt\":\"" + "other".repeat(20_000) + i + "\"");
        }

        assertThat(first.placement().prediction()).isSameAs(expected);
        assertThat(expected.waiting()).isZero();
        assertThat(expected.firstToken()).isEqualTo(first.decision().predictedTtftSeconds());
        assertThat(expected.work().outputTokens()).isEqualTo(100);
        assertThat(expected.by()).isSameAs(fixture.time.rates(first.endpoint(), MODEL));
    }

    @Test
    void aStreamIsComparedByItsFirstTokenItsTokensAndItsEnd() {
        var booking = booked("\"stream\":true,\"prompt\":\"" + "word".repeat(20_000) + "\"");
        var expected = booking.placement().prediction();

        pass(2 * expected.firstToken());
        booking.firstToken();
        for (int i = 1; i < 100; i++) {
            pass(0.5 * expected.perToken());
            booking.tokens(1);
        }
        booking.usage(20_000, -1, 100);
        booking.finish(Outcome.COMPLETED);

        assertThat(booking.placement().firstTokenSeconds()).isCloseTo(2 * expected.firstToken(), within(1e-6));
        var predicted = times().getFirst().predicted();
        assertThat(predicted.firstToken().sum()).isCloseTo(2, within(1e-3));
        assertThat(predicted.perToken().sum()).isCloseTo(0.5, within(1e-3));
        assertThat(predicted.whole().sum())
                .isCloseTo((2 * expected.firstToken() + 0.5 * 99 * expected.perToken()) / expected.end(), within(1e-3));
        fixture.assertNothingInFlight();
    }

    @Test
    void anAnswerThatComesWholeIsComparedByItsEndOnly() {
        var booking = booked("\"prompt\":\"word\",\"n\":4");
        pass(booking.placement().prediction().end());
        booking.firstToken();
        booking.usage(4, -1, 400);
        booking.finish(Outcome.COMPLETED);

        var predicted = times().getFirst().predicted();
        assertThat(predicted.firstToken().sum()).isZero();
        assertThat(predicted.perToken().sum()).isZero();
        assertThat(predicted.whole().sum()).isCloseTo(1, within(1e-3));
    }

    @Test
    void aRequestThatMovesIsComparedWithWhatWasExpectedWhereItWent() {
        var booking = booked("\"stream\":true,\"prompt\":\"" + "word".repeat(20_000) + "\"");
        var first = booking.placement();
        pass(5);
        assertThat(booking.retry(RetryReason.REFUSED)).isNotNull();
        var second = booking.placement();
        pass(second.prediction().firstToken());
        booking.firstToken();

        assertThat(second.prediction().by()).isNotSameAs(first.prediction().by());
        assertThat(first.firstTokenSeconds()).isNaN();
        assertThat(second.firstTokenSeconds()).isCloseTo(second.prediction().firstToken(), within(1e-6));
        booking.finish(Outcome.CLIENT_GONE);
        assertThat(times().getFirst().predicted().firstToken().sum()).isCloseTo(1, within(1e-3));
        fixture.assertNothingInFlight();
    }

    @Test
    void anErrorTellsNothingOfThePrediction() {
        var booking = booked("\"prompt\":\"word\"");
        pass(1);
        booking.responseStarted(400);
        booking.finish(Outcome.COMPLETED);

        for (var times : times()) {
            assertThat(times.predicted().whole().sum()).isZero();
        }
    }

    @Test
    void samplesAndListsAreBookedAsTheSequencesThatTheyAre() {
        var booking = booked("\"prompt\":[\"one\",\"two\"],\"n\":2,\"best_of\":3");
        var load = booking.endpoint().load();

        assertThat(load.requests()).isEqualTo(1);
        assertThat(load.sequences()).isEqualTo(6);
        assertThat(load.outputTokens()).isEqualTo(600);
        assertThat(load.decoding()).isZero();
        booking.firstToken();
        assertThat(load.decoding()).isEqualTo(6);
        booking.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
        assertThat(load.sequences()).isZero();
    }

    @Test
    void whatOneModelAnswersMovesNothingThatIsExpectedOfAnother() {
        for (int i = 0; i < 50; i++) {
            var booking = booked("\"prompt\":\"word\"");
            booking.firstToken();
            booking.usage(1, -1, 7);
            booking.finish(Outcome.COMPLETED);
        }

        assertThat(booked("\"prompt\":\"word\"").placement().prediction().work().outputTokens())
                .isBetween(7.0, 60.0);
    }
}
