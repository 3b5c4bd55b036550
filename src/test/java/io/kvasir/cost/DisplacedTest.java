package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What it costs that a prompt drives others out of a cache: the worked example of docs/time-model.md. */
class DisplacedTest {
    /** 10 ms of weights and 1 ms fixed a step, 0.1 ms a prompt token, 1,000 of them a step. */
    private static final EndpointRates RATES = new EndpointRates(0, 1e-4, 0, 0.010, 0, 0.001, 1000);

    private static final Work WORK = new Work(2000, 0, 1, 1, 100);

    private final TimeModel time = new TimeModel(ModelCatalogue.load());

    private static Endpoint endpoint() {
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(
                EndpointSpec.builder("e", "10.0.0.1", 80).kvTokens(100_000).build()));
        return pool.snapshot().at(0);
    }

    /** A full cache of 100,000 tokens, half of whose prompts are asked for again: 0.386 computed again for each token. */
    private static Endpoint full() {
        var endpoint = endpoint();
        for (int i = 0; i < 10; i++) {
            endpoint.load().takesIn(20_000, 10_000, 10_000, 100_000);
        }
        return endpoint;
    }

    private Price price(Endpoint endpoint, double cachedTokens) {
        var price = new Price();
        time.price(price, endpoint, RATES, WORK, cachedTokens, 0, 0);
        return price;
    }

    @Test
    void whatIsDrivenOutIsComputedAgainAsOftenAsItIsAskedFor() {
        // 0.386 of 2,100 tokens, 0.1 ms each
        assertThat(price(full(), 0).displaced()).isCloseTo(0.0811, within(1e-4));
    }

    @Test
    void whatTheEndpointHoldsDrivesNothingOut() {
        // 0.386 of 100 tokens of output
        assertThat(price(full(), 2000).displaced()).isCloseTo(0.00386, within(1e-5));
    }

    @Test
    void itIsPartOfWhatIsFelt() {
        double without = price(endpoint(), 0).felt(DecodeWeight.USUAL, WORK);

        assertThat(price(full(), 0).felt(DecodeWeight.USUAL, WORK)).isCloseTo(without + 0.0811, within(1e-4));
    }

    @Test
    void thoseWhoDecodeMeanwhileWaitForItToo() {
        var full = full();
        for (int i = 0; i < 10; i++) {
            full.load().place(500, 100);
        }
        double all = price(full, 0).delays().seconds();
        double own = price(full, 2000).delays().seconds();

        // ten of them 81 ms each, and what the prompt itself takes
        assertThat(all - own).isGreaterThan(10 * (0.0811 - 0.00386) + 1);
    }

    @Test
    void aPriceThatIsUsedAgainForgetsIt() {
        var price = price(full(), 0);

        time.price(price, endpoint(), RATES, WORK, 0, 0, 0);

        assertThat(price.displaced()).isZero();
    }
}
