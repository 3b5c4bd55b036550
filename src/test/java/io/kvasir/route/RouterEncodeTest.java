package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Role;
import io.kvasir.schedule.EncodeReason;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests whose media others encode: what is counted there, and that it is taken back. */
class RouterEncodeTest {
    private static final RoutingHints PAIRS = RoutingHints.builder().pairs(true).build();

    private final RouterFixture fixture = new RouterFixture(
            new PdDecider.UncachedTokens(16, 0),
            Policy.TIME,
            EndpointSpecs.of("e", 1, Role.ENCODE, "NVIDIA-H100"),
            EndpointSpecs.of("p", 2, Role.PREFILL, "NVIDIA-H100"),
            EndpointSpecs.of("d", 3, Role.DECODE, "NVIDIA-H100"));

    private Booking booked(RoutingHints hints) {
        return fixture.booked(
                RouterFixture.body(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\""
                                + "what is on it? ".repeat(40)
                                + "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://a/1\"}}]}]}"),
                hints);
    }

    @Test
    void anEncoderIsBusyUntilTheAnswerBegins() {
        var booking = booked(PAIRS);
        var encoder = fixture.endpoint("e");

        assertThat(booking.decision().encoders()).containsExactly(encoder);
        assertThat(booking.decision().prefill()).isSameAs(fixture.endpoint("p"));
        assertThat(encoder.load().requests()).isEqualTo(1);
        assertThat(encoder.load().promptTokens()).isEqualTo(256);
        assertThat(encoder.picks().get(PickReason.ENCODE)).isEqualTo(1);

        booking.responseStarted(200);

        assertThat(encoder.load().requests()).isZero();
        booking.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void everyWayToEndTakesBackWhatTheEncoderWasGiven(Outcome outcome) {
        var early = booked(PAIRS);
        var refused = booked(PAIRS);
        refused.responseStarted(500);
        early.finish(outcome);
        refused.finish(outcome);
        refused.responseStarted(200);

        fixture.assertNothingInFlight();
    }

    @Test
    void decisionsAreCountedByWhoEncodes() {
        booked(PAIRS).finish(Outcome.COMPLETED);
        booked(RoutingHints.NONE).finish(Outcome.COMPLETED);
        fixture.endpoint("e").health().connectFailed();
        booked(PAIRS).finish(Outcome.COMPLETED);

        var counts = fixture.router.counts();
        assertThat(counts.encoded(EncodeReason.ENCODED)).isEqualTo(1);
        assertThat(counts.encoded(EncodeReason.NONE)).isEqualTo(1);
        assertThat(counts.encoded(EncodeReason.UNHEALTHY)).isEqualTo(1);
    }

    @Test
    void anEncoderThatFailsIsPassedOver() {
        for (int i = 0; i < 20; i++) {
            var booking = booked(PAIRS);
            booking.responseStarted(502);
            booking.finish(Outcome.UPSTREAM_ERROR);
        }

        assertThat(booked(PAIRS).decision().encoding()).isEqualTo(EncodeReason.UNHEALTHY);
    }

    @Test
    void anEncoderThatWasPassedOverIsTriedByOneRequestAtATime() {
        for (int i = 0; i < 20; i++) {
            var booking = booked(PAIRS);
            booking.responseStarted(502);
            booking.finish(Outcome.UPSTREAM_ERROR);
        }
        fixture.clock.addAndGet(3_600_000_000_000L);

        var trial = booked(PAIRS);
        assertThat(trial.decision().encoding()).isEqualTo(EncodeReason.ENCODED);
        assertThat(booked(PAIRS).decision().encoding()).isEqualTo(EncodeReason.UNHEALTHY);
        trial.responseStarted(200);
        assertThat(booked(PAIRS).decision().encoding()).isEqualTo(EncodeReason.ENCODED);
    }

    @Test
    void trialsOfAnEncoderEndWithTheRequest() {
        for (int i = 0; i < 20; i++) {
            var booking = booked(PAIRS);
            booking.responseStarted(502);
            booking.finish(Outcome.UPSTREAM_ERROR);
        }
        fixture.clock.addAndGet(3_600_000_000_000L);

        booked(PAIRS).finish(Outcome.CLIENT_GONE);

        assertThat(fixture.endpoint("e").health().trials()).isZero();
        assertThat(booked(PAIRS).decision().encoding()).isEqualTo(EncodeReason.ENCODED);
    }
}
