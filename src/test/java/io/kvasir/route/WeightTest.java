package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.discovery.EndpointFileParser;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the weight of the endpoint file does to the traffic, by policy. */
class WeightTest {
    private static final int REQUESTS = 400;

    private static EndpointSpec[] pool(String first, String second) throws InvalidConfigException {
        String file = """
                endpoints:
                  - {name: a, address: 10.0.0.1, port: 8000, product: NVIDIA-H100%s}
                  - {name: b, address: 10.0.0.2, port: 8000, product: NVIDIA-H100%s}
                """.formatted(first, second);
        return EndpointFileParser.parse("pool.yaml", RouterFixture.body(file))
                .endpoints()
                .toArray(EndpointSpec[]::new);
    }

    /** Share of so many different prompts, none of which ends, that goes to the first endpoint. */
    private static double share(Policy policy, String first, String second) throws InvalidConfigException {
        var fixture = new RouterFixture(new PdDecider.Never(), policy, pool(first, second));
        for (int i = 0; i < REQUESTS; i++) {
            fixture.booked(RouterFixture.chat("m", (i + " once upon a time ").repeat(100)), RoutingHints.NONE);
        }
        return (double) fixture.endpoint("a").load().requests() / REQUESTS;
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', 0.5",
        "', weight: 3', ', weight: 1', 0.75",
        "', weight: 300', ', weight: 100', 0.75",
        "', weight: 0.03', ', weight: 0.01', 0.75",
        "', weight: 3', '', 0.75",
        "', weight: 0.25', '', 0.2"
    })
    void underTheTimePolicyTrafficFollowsTheWeights(String first, String second, double expected)
            throws InvalidConfigException {
        assertThat(share(Policy.TIME, first, second)).isBetween(expected - 0.05, expected + 0.05);
    }

    @Test
    void underLeastLoadTrafficFollowsTheWeights() throws InvalidConfigException {
        assertThat(share(Policy.LEAST_LOAD, ", weight: 3", ", weight: 1")).isBetween(0.74, 0.76);
    }

    @Test
    void thePoliciesThatOthersStartedFromKnowNoWeights() throws InvalidConfigException {
        assertThat(share(Policy.ROUND_ROBIN, ", weight: 3", ", weight: 1")).isEqualTo(0.5);
        assertThat(share(Policy.PREFIX_AFFINITY, ", weight: 3", ", weight: 1")).isBetween(0.45, 0.55);
    }

    @Test
    void aLoneRequestGoesToTheHeavier() throws InvalidConfigException {
        for (String[] weights : new String[][] {{", weight: 3", ""}, {", weight: 300", ", weight: 100"}}) {
            var fixture = new RouterFixture(new PdDecider.Never(), Policy.TIME, pool(weights[0], weights[1]));
            for (int i = 0; i < 20; i++) {
                var booking = fixture.booked(
                        RouterFixture.chat("m", (i + " once upon a time ").repeat(100)), RoutingHints.NONE);
                assertThat(booking.endpoint().spec().name()).isEqualTo("a");
                booking.finish(Outcome.COMPLETED);
            }
        }
    }
}
