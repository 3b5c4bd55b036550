package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import org.junit.jupiter.api.Test;

/** An engine that hangs, told from one that has much to do. */
class StandstillTest {
    private static final long SECOND = 1_000_000_000L;

    private final ObservedPool shown = new ObservedPool(
            EndpointSpec.builder("a", "10.0.0.1", 1).product("NVIDIA-H200").build());
    private final Standstill standstill = new Standstill(shown.router.time(), shown.router.freshNanos());

    private double seconds() {
        return standstill.seconds(shown.pool.snapshot().at(0), shown.clock.get());
    }

    private Booking asked(boolean stream) {
        return shown.booked("a question", stream);
    }

    private void page(int running, int waiting) {
        shown.pool
                .snapshot()
                .at(0)
                .report(EngineStats.at(shown.clock.get())
                        .running(running)
                        .waiting(waiting)
                        .kvUsage(0.1)
                        .blocks(16, 1_000)
                        .build());
    }

    private void later(long seconds) {
        shown.clock.addAndGet(seconds * SECOND);
    }

    @Test
    void nobodyWhoWaitsMeansNoStandstill() {
        later(1_000);
        assertThat(seconds()).isZero();

        var booking = asked(true);
        booking.firstToken();
        later(1_000);
        assertThat(seconds()).as("an answer that is long has begun").isZero();
    }

    @Test
    void aFirstTokenThatDoesNotComeIsToldAfterPatience() {
        var booking = asked(true);
        later(19);
        assertThat(seconds()).isZero();
        later(2);
        assertThat(seconds()).isCloseTo(21, within(1e-6));

        booking.finish(Outcome.CLIENT_GONE);
        assertThat(seconds()).isZero();
    }

    @Test
    void whileAnswersBeginItMoves() {
        for (int i = 0; i < 10; i++) {
            asked(true);
        }
        for (int i = 0; i < 10; i++) {
            later(19);
            assertThat(seconds()).isZero();
            asked(true).firstToken();
        }
    }

    @Test
    void aLongPromptMayTakeItsTime() {
        shown.booked("word ".repeat(400_000), true);
        var load = shown.pool.snapshot().at(0).load();
        double expected = load.prefillNanos() * 1e-9;
        assertThat(expected).isGreaterThan(2);
        later(22);
        assertThat(seconds()).isZero();
        later(Math.round(4 * expected));
        assertThat(seconds()).isPositive();
    }

    @Test
    void answersInOnePieceAreAwaitedLonger() {
        asked(false);
        asked(false);
        later(3_600);
        assertThat(seconds()).as("the length of few may be misjudged").isZero();

        asked(false);
        assertThat(seconds()).isPositive();
    }

    @Test
    void anEngineThatKnowsOfNoRequestDoesNotHang() {
        asked(true);
        later(30);
        page(0, 0);
        assertThat(seconds()).isZero();
        page(0, 1);
        assertThat(seconds()).isCloseTo(30, within(1e-6));
        page(1, 0);
        assertThat(seconds()).isCloseTo(30, within(1e-6));
        later(60);
        assertThat(seconds()).as("a page that is old says nothing").isCloseTo(90, within(1e-6));
    }
}
