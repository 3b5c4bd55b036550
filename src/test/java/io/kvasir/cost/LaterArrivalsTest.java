package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What those who will come make of a request's cost, and it of theirs: the worked examples of docs/time-model.md. */
class LaterArrivalsTest {
    /** 10 ms of weights and 1 ms fixed a step, 0.1 ms a prompt token, 1,000 of them a step. */
    private static final EndpointRates RATES = new EndpointRates(0, 1e-4, 0, 0.010, 0, 0.001, 1000);

    private static final Work WORK = new Work(2000, 0, 1, 1, 100);

    private final TimeModel time = new TimeModel(ModelCatalogue.load());

    private static Endpoint endpoint() {
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(EndpointSpec.builder("e", "10.0.0.1", 80).build()));
        return pool.snapshot().at(0);
    }

    /** Twenty of 0.25 s came at once: two a second, and half of the time. */
    private static Endpoint busy() {
        var endpoint = endpoint();
        for (int i = 0; i < 20; i++) {
            endpoint.load().came(250_000_000, 0);
        }
        return endpoint;
    }

    private Price price(Endpoint endpoint, long nowNanos) {
        var price = new Price();
        time.price(price, endpoint, RATES, WORK, 0, nowNanos, 0);
        return price;
    }

    @Test
    void whereNobodyCameNobodyIsExpected() {
        var price = price(endpoint(), 0);

        assertThat(price.behind()).isZero();
        assertThat(price.perTokenAmidPrompts()).isEqualTo(price.perToken());
    }

    @Test
    void promptsThatTakeHalfOfTheTimePutTokensTwiceAsFarApart() {
        var price = price(busy(), 0);

        assertThat(price.perToken()).isCloseTo(0.011, within(1e-9));
        assertThat(price.perTokenAmidPrompts()).isCloseTo(0.022, within(1e-8));
    }

    @Test
    void theirTokensBeingFurtherApartEachSecondOfOthersCountsMore() {
        var quiet = endpoint();
        var busy = busy();
        for (int i = 0; i < 10; i++) {
            quiet.load().place(500, 100);
            busy.load().place(500, 100);
        }

        assertThat(price(busy, 0).delays().seconds())
                .isCloseTo(price(quiet, 0).delays().seconds(), within(0.01));
        assertThat(DecodeWeight.USUAL.count(price(busy, 0).delays()))
                .isGreaterThan(1.5 * DecodeWeight.USUAL.count(price(quiet, 0).delays()));
    }

    @Test
    void whoComesBeforeTheLineIsEmptyLosesHalfOfTheWaitForThePrompt() {
        var endpoint = busy();

        // half of 2 a second * 0.202 s * (0 + 0.101 s) / (1 - 0.5)
        assertThat(price(endpoint, 0).behind()).isCloseTo(0.0408, within(1e-4));

        endpoint.load().placePrefill(1_000_000_000L, 0);

        // half of 2 a second * 0.202 s * (1 + 0.101 s) / (1 - 0.5)
        assertThat(price(endpoint, 0).behind()).isCloseTo(0.4448, within(1e-4));
    }

    @Test
    void theyAreExpectedLessAndLessWhenNobodyComes() {
        var endpoint = busy();

        var load = endpoint.load();
        double later = load.lately(10_000_000_000L);

        assertThat(load.promptsPerSecond(later)).isCloseTo(2 * Math.exp(-1), within(0.1));
        assertThat(load.stretchedShare(later)).isCloseTo(0.5 * Math.exp(-1), within(0.03));
        assertThat(price(endpoint, 80_000_000_000L).felt(DecodeWeight.USUAL, WORK))
                .isEqualTo(price(endpoint(), 0).felt(DecodeWeight.USUAL, WORK));
    }

    @Test
    void howeverMuchComesSomeTimeIsLeft() {
        var endpoint = endpoint();
        for (int i = 0; i < 1000; i++) {
            endpoint.load().came(60_000_000_000L, 0);
        }

        assertThat(price(endpoint, 0).perTokenAmidPrompts()).isCloseTo(5 * 0.011, within(1e-9));
    }

    @Test
    void aClockThatGoesBackLeavesNothingThatDoesNotPass() {
        var endpoint = endpoint();
        endpoint.load().came(250_000_000, Long.MAX_VALUE / 2);
        endpoint.load().came(250_000_000, 0);

        assertThat(price(endpoint, 0).behind()).isBetween(0.0, 0.01);
        assertThat(price(endpoint, Long.MAX_VALUE / 2).felt(DecodeWeight.USUAL, WORK))
                .isEqualTo(price(endpoint(), 0).felt(DecodeWeight.USUAL, WORK));
    }

    @Test
    void aPromptStretchesStepsByWhatTheyWouldNotHaveTaken() {
        var endpoint = endpoint();
        var expected = time.predict(endpoint, "unknown", WORK, 0, 0, 0);
        var rates = expected.by().rates();
        double bare = expected.prefill() - rates.overheadSeconds();
        double chunks = rates.chunks(2000);

        assertThat(time.stretchSeconds(endpoint, expected, 0))
                .isCloseTo(bare - chunks * rates.interTokenSeconds(0, 0), within(1e-9));
        assertThat(time.stretchSeconds(endpoint, time.predict(endpoint, "unknown", WORK, 2000, 0, 0), 0))
                .isZero();
    }
}
