package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Seconds that a request costs those already on an endpoint: the worked examples of docs/time-model.md. */
class PriceToOthersTest {
    /** 10 ms of weights and 1 ms fixed a step, 0.1 ms a prompt token, 1,000 of them a step. */
    private static final EndpointRates RATES = new EndpointRates(0, 1e-4, 0, 0.010, 0, 0.001, 1000);

    private final TimeModel time = new TimeModel(ModelCatalogue.load());

    private static Work work(double prompt, double output) {
        return new Work(prompt, 0, 1, 1, output);
    }

    private static Endpoint endpoint(long kvTokens) {
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(
                EndpointSpec.builder("e", "10.0.0.1", 80).kvTokens(kvTokens).build()));
        return pool.snapshot().at(0);
    }

    private double price(Endpoint endpoint, Work work, double cached, double wait) {
        var delays = new Delays();
        time.others(
                delays,
                endpoint,
                RATES,
                1,
                work,
                RATES.chunks(work.uncachedTokens(cached)),
                wait,
                time.prefillSeconds(endpoint, RATES, work, cached),
                RATES.interTokenSeconds(
                        endpoint.load().decodingWithOthers(0), endpoint.load().heldWithOthers()),
                time.tokenSeconds(endpoint, RATES, work, 0),
                1);
        return delays.seconds();
    }

    @Test
    void nobodyIsHeldUpWhereNobodyIs() {
        assertThat(price(endpoint(0), work(2000, 100), 0, 0)).isZero();
    }

    @Test
    void chunksStretchTheStepsOfThoseWhoDecode() {
        var endpoint = endpoint(0);
        for (int i = 0; i < 10; i++) {
            endpoint.load().place(500, 100);
        }

        // a step of ten: 1 + 10 = 11 ms, reading weights; a chunk's: 1 + 100 = 101 ms; two chunks
        double stretched = 2 * (0.101 - 0.011) * 100 / 102;
        // eleven read the same weights
        assertThat(price(endpoint, work(2000, 100), 0, 0)).isCloseTo(10 * stretched, within(1e-9));
    }

    @Test
    void oneMoreSlowsTheTokensOfAllWhereComputingBinds() {
        var endpoint = endpoint(0);
        for (int i = 0; i < 100; i++) {
            endpoint.load().place(500, 100);
        }

        // 101 tokens take 10.1 ms for 10, for half of a hundred tokens; ten tokens of prompt are computed while weights
        // are read
        assertThat(price(endpoint, work(2000, 100), 1990, 0)).isCloseTo(100 * 50 * 0.0001, within(1e-9));
    }

    @Test
    void whatIsCachedStretchesNothing() {
        var endpoint = endpoint(0);
        for (int i = 0; i < 10; i++) {
            endpoint.load().place(500, 100);
        }

        assertThat(price(endpoint, work(2000, 100), 1990, 0)).isLessThan(price(endpoint, work(2000, 100), 0, 0) / 10);
    }

    @Test
    void whoIsLikelyToBeGoneByThenCountsLess() {
        var endpoint = endpoint(0);
        for (int i = 0; i < 10; i++) {
            endpoint.load().place(500, 100);
        }

        // they have 100 tokens of 11 ms left
        assertThat(price(endpoint, work(2000, 100), 0, 1.1))
                .isCloseTo(price(endpoint, work(2000, 100), 0, 0) / 2, within(1e-9));
    }

    @Test
    void theSamplesOfOneRequestAreOneUser() {
        var many = endpoint(0);
        many.load().place(10, 500, 1000);
        var users = endpoint(0);
        for (int i = 0; i < 10; i++) {
            users.load().place(50, 100);
        }

        assertThat(10 * price(many, work(2000, 100), 0, 0))
                .isCloseTo(price(users, work(2000, 100), 0, 0), within(1e-9));
    }

    @Test
    void aPromptWithoutAnAnswerStretchesStepsOnly() {
        var endpoint = endpoint(0);
        endpoint.load().place(500, 100);

        assertThat(price(endpoint, new Work(1000, 0, 1, 0, 0), 0, 0))
                .isCloseTo((0.101 - 0.011) * 100 / 101, within(1e-9));
    }

    @Test
    void whoDoesNotFitBesideWhatWasPromisedIsExpectedToBeComputedAgain() {
        var endpoint = endpoint(10_000);
        for (int i = 0; i < 4; i++) {
            endpoint.load().place(2_000, 200);
        }

        assertThat(time.preemptionSeconds(endpoint, work(1_000, 200), 0, 0.4)).isZero();
        // 400 of 1,600 tokens are missing
        assertThat(time.preemptionSeconds(endpoint, work(1_400, 200), 0, 0.4)).isCloseTo(0.1, within(1e-9));
        assertThat(time.preemptionSeconds(endpoint, work(9_000, 200), 0, 0.4))
                .isGreaterThan(0.3)
                .isLessThanOrEqualTo(0.4);
        assertThat(time.preemptionSeconds(endpoint(0), work(1e9, 1e9), 0, 0.4)).isZero();
    }

    @Test
    void sequencesOfOthersThatThePageShowsAreSlowedLikeOurs() {
        var ours = endpoint(16_000);
        var shared = endpoint(16_000);
        for (int i = 0; i < 10; i++) {
            ours.load().place(500, 100);
            if (i < 5) {
                shared.load().place(500, 100);
            }
        }
        shared.report(EngineStats.at(1)
                .running(10)
                .waiting(0)
                .kvUsage(0.34375)
                .blocks(16, 1000)
                .adapters(0, List.of(), List.of())
                .prefixes(0, 0)
                .preemptions(0)
                .build());

        assertThat(shared.load().othersRunning()).isEqualTo(5);
        assertThat(shared.load().othersTokens()).isEqualTo(5 * 550);
        assertThat(price(shared, work(2000, 100), 0, 0)).isCloseTo(price(ours, work(2000, 100), 0, 0), within(1e-9));
        assertThat(time.tokenSeconds(shared, RATES, work(2000, 100), 0))
                .isEqualTo(time.tokenSeconds(ours, RATES, work(2000, 100), 0));
    }

    @Test
    void ourOwnRequestsAreNotTakenForThoseOfOthers() {
        var endpoint = endpoint(16_000);
        endpoint.load().place(500, 100);
        endpoint.load().place(0, 100, 0);
        endpoint.load().placePrefill(1_000_000_000, 0);
        endpoint.report(EngineStats.at(1)
                .running(1)
                .waiting(1)
                .kvUsage(0.5)
                .blocks(16, 1000)
                .adapters(0, List.of(), List.of())
                .prefixes(0, 0)
                .preemptions(0)
                .build());

        assertThat(endpoint.load().othersRunning()).isZero();
        assertThat(endpoint.load().othersTokens()).isZero();
    }
}
