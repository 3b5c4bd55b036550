package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ClassRates;
import io.kvasir.cost.Decoding;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.route.RouterEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The alarm that replicas of a class are no longer as fast as was known. */
class RateDriftTest {
    private static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";
    private static final Decoding STRETCH = new Decoding(100, 10, 20_000, 0, 0, 0);

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final List<String> lines = new ArrayList<>();
    private final RateDrift drift = new RateDrift(time, (bad, line) -> lines.add((bad ? "bad " : "good ") + line));
    private final List<Boolean> events = new ArrayList<>();
    private final Pool pool = new Pool(HardwareCatalogue.load());

    private ClassRates rates() {
        pool.apply(List.of(EndpointSpec.builder("e", "10.0.0.1", 80)
                .product("NVIDIA-H200")
                .model(MODEL)
                .build()));
        time.onDrift(of -> {
            events.add(of.drifted());
            drift.on(new RouterEvent.RatesDrifted(1, of, of.drifted()));
        });
        return time.rates(pool.snapshot().at(0), MODEL);
    }

    private static void takes(ClassRates rates, int times, double asLong) {
        for (int i = 0; i < times; i++) {
            rates.decoded(asLong * rates.rates().decodingSeconds(STRETCH), STRETCH, 1);
        }
    }

    @Test
    void whatWasNeverKnownDoesNotDrift() {
        takes(rates(), 15, 3);

        assertThat(events).isEmpty();
    }

    @Test
    void itIsToldOnceWhenItBeginsAndOnceWhenItEnds() {
        var rates = rates();
        takes(rates, 100, 1);
        assertThat(events).isEmpty();

        takes(rates, 40, 1.8);
        assertThat(events).containsExactly(true);
        assertThat(time.drifting()).containsExactly(rates);
        assertThat(RatesView.of(time, pool.snapshot().at(0), 0).drifted()).isTrue();

        takes(rates, 100, 1);
        assertThat(events).containsExactly(true, false);
        assertThat(time.drifting()).isEmpty();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).startsWith("bad h200 with a model of 8").contains("learned anew");
        assertThat(lines.getLast()).startsWith("good h200").contains("good again");
    }

    @Test
    void anEndpointShowsWhatWasBelievedAndWhatWasLearned() {
        var rates = rates();
        var before = RatesView.of(time, pool.snapshot().at(0), 0);
        assertThat(before.confidence()).isZero();
        assertThat(before.catalogued()).isTrue();
        assertThat(before.learned()).isEqualTo(before.believed());

        for (int i = 0; i < 60; i++) {
            rates.decoded(2 * rates.believed().decodingSeconds(STRETCH), STRETCH, 1);
        }

        var after = RatesView.of(time, pool.snapshot().at(0), 0);
        assertThat(after.believed()).isEqualTo(before.believed());
        assertThat(after.learned().secondsPerToken() / after.believed().secondsPerToken())
                .isBetween(1.8, 2.2);
        assertThat(after.confidence()).isGreaterThan(0.8);
        assertThat(after.observations()).isEqualTo(60);
    }
}
