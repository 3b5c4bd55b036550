package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointLoad;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Prompts of answers in one piece are priced until they should be computed, and decode from then on. */
class UnseenPrefillsTest {
    private static final long FRESH = 2_000_000_000L;
    private static final long TENTH = 100_000_000L;
    private static final EndpointRates RATES = new EndpointRates(0, 1e-4, 0, 0.010, 0, 0.001, 1000);
    private static final Work SMALL = new Work(10, 0, 1, 1, 100);

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Endpoint endpoint = endpoint();
    private final EndpointLoad load = endpoint.load();

    private static Endpoint endpoint() {
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(EndpointSpec.builder("e", "10.0.0.1", 80).build()));
        return pool.snapshot().at(0);
    }

    private void inOnePiece(long nanos, long now) {
        load.place(500, 100);
        load.placePrefill(nanos, now);
        load.placeUnseen(1, nanos, now);
    }

    private void streamed(long nanos, long now) {
        load.place(500, 100);
        load.placePrefill(nanos, now);
    }

    private double waiting(long now) {
        return time.waitSeconds(endpoint, RATES, now, FRESH);
    }

    @Test
    void theyAreWaitedForUntilTheyShouldBeComputed() {
        inOnePiece(TENTH, 0);
        inOnePiece(TENTH, 0);

        assertThat(waiting(0)).isCloseTo(0.2, within(1e-9));
        assertThat(waiting(TENTH / 2)).isCloseTo(0.15, within(1e-9));
        assertThat(load.decoding(0)).isZero();
        assertThat(load.decoding(TENTH)).isCloseTo(1, within(1e-9));
        // then half a step of two is left
        assertThat(waiting(5 * TENTH)).isCloseTo((0.001 + 0.010) / 2, within(1e-9));
        assertThat(load.pendingPrefills(5 * TENTH)).isZero();
    }

    @Test
    void theySlowTokensOnceTheyShouldBeComputed() {
        for (int i = 0; i < 200; i++) {
            inOnePiece(0, 0);
        }
        inOnePiece(TENTH, 0);

        double before = time.tokenSeconds(endpoint, RATES, SMALL, 0);
        double after = time.tokenSeconds(endpoint, RATES, SMALL, 2 * TENTH);

        assertThat(before).isCloseTo(0.001 + 0.010, within(1e-9));
        // 202 tokens a step bind by computing
        assertThat(after).isCloseTo(0.001 + 0.0202, within(1e-9));
        var delays = new Delays();
        time.others(delays, endpoint, RATES, 1, SMALL, 1, 0, 0.1, after, after, 1);
        assertThat(delays.seconds()).isPositive();
    }

    @Test
    void whatIsStreamedBehindThemHasHadNothingUntilTheyAreComputed() {
        inOnePiece(TENTH, 0);
        streamed(TENTH, 0);

        assertThat(waiting(0)).isCloseTo(0.2, within(1e-9));
        assertThat(waiting(TENTH / 2)).isCloseTo(0.15, within(1e-9));
        assertThat(waiting(TENTH + TENTH / 2)).isCloseTo(0.05, within(1e-9));
        // it shows its end, and counts until then
        assertThat(waiting(9 * TENTH)).isZero();
        load.releasePrefill(TENTH, 9 * TENTH);
        assertThat(waiting(9 * TENTH)).isCloseTo((0.001 + 0.010) / 2, within(1e-9));
    }

    @Test
    void whatIsStreamedBeforeThemIsUnderWayFirst() {
        streamed(TENTH, 0);
        inOnePiece(TENTH, 0);

        assertThat(waiting(0)).isCloseTo(0.2, within(1e-9));
        assertThat(waiting(TENTH / 2)).isCloseTo(0.15, within(1e-9));
        load.releasePrefill(TENTH, TENTH);
        assertThat(waiting(TENTH + TENTH / 2)).isCloseTo(0.05, within(1e-9));
    }

    @Test
    void whatIsStreamedBesideLongAnswersCountsFromWhenItCame() {
        inOnePiece(TENTH, 0);
        long now = 50 * TENTH;
        streamed(TENTH, now);

        assertThat(waiting(now)).isCloseTo(0.1, within(1e-9));
        assertThat(load.computedShare(now)).isCloseTo(0.5, within(1e-9));
        assertThat(waiting(now + TENTH / 2)).isCloseTo(0.05, within(1e-9));
    }

    @Test
    void aPromptThatTakesNothingMakesNoOtherTakeLonger() {
        streamed(TENTH, 0);
        inOnePiece(0, 0);

        assertThat(waiting(0)).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void thoseGivenUpDoNotDelayWhenLaterOnesShouldBeComputed() {
        inOnePiece(TENTH, 0);
        for (int i = 0; i < 1000; i++) {
            inOnePiece(TENTH, 0);
            load.release(500, 100);
            load.releasePrefill(TENTH, 0);
            load.releaseUnseen(1, TENTH);
        }
        inOnePiece(TENTH, 0);

        assertThat(waiting(0)).isCloseTo(0.2, within(1e-9));
        assertThat(load.pendingPrefills(2 * TENTH)).isZero();
        assertThat(load.decoding(2 * TENTH)).isCloseTo(2, within(1e-9));
    }

    @Test
    void aFreshPageWithAQueueSaysThatTheyAreNotComputed() {
        inOnePiece(TENTH, 0);
        inOnePiece(TENTH, 0);
        long now = 5 * TENTH;
        endpoint.report(page(now, 1));

        assertThat(waiting(now)).isCloseTo(0.1, within(1e-9));
        assertThat(waiting(now + 2 * FRESH)).isLessThan(0.01);
    }

    @Test
    void nothingOfThemStaysWhenTheyEnd() {
        inOnePiece(TENTH, 0);
        streamed(TENTH, 0);
        inOnePiece(3 * TENTH, 0);
        for (long nanos : new long[] {TENTH, 3 * TENTH}) {
            load.release(500, 100);
            load.releasePrefill(nanos, TENTH);
            load.releaseUnseen(1, nanos);
        }

        assertThat(load.unseen().nanos()).isZero();
        assertThat(load.unseen().count()).isZero();
        assertThat(load.unshown()).isZero();
        assertThat(load.decoding(TENTH)).isZero();
        assertThat(waiting(TENTH)).isCloseTo(0.1, within(1e-9));
    }

    private static EngineStats page(long now, int waiting) {
        return EngineStats.at(now)
                .running(1)
                .waiting(waiting)
                .kvUsage(0.5)
                .blocks(16, 100_000)
                .build();
    }
}
