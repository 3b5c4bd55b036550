package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Where requests go while others send theirs to the same endpoints: an idle H100, three that are a little busy, a crowded one. */
class SharedPoolTest {
    private static final String MODEL = "llama-3.1-8b";

    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(1));
    private Profile profile = Policy.TIME.profile(time);

    SharedPoolTest() {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < 5; i++) {
            specs.add(EndpointSpec.builder("e" + i, "10.0.0." + (1 + i), 80)
                    .product("NVIDIA-H100-80GB-HBM3")
                    .model(MODEL)
                    .kvTokens(400_000)
                    .build());
        }
        pool.apply(specs);
    }

    private Endpoint endpoint(int place) {
        return pool.snapshot().at(place);
    }

    private void page(int place, int running, double kvUsage) {
        endpoint(place)
                .report(EngineStats.at(1)
                        .running(running)
                        .waiting(0)
                        .kvUsage(kvUsage)
                        .blocks(16, 25_000)
                        .adapters(0, List.of(), List.of())
                        .prefixes(0, 0)
                        .preemptions(0)
                        .build());
    }

    private Set<String> picked() {
        var names = new TreeSet<String>();
        for (int i = 0; i < 60; i++) {
            context.begin(
                    Request.withoutBody(Dialect.CHAT_COMPLETIONS),
                    MODEL,
                    pool.snapshot(),
                    null,
                    1,
                    2_000_000_000L,
                    100);
            names.add(Objects.requireNonNull(profile.run(context, null).decision())
                    .endpoint()
                    .spec()
                    .name());
        }
        return names;
    }

    @Test
    void theLeastCostIsTakenWhereNobodyElseIs() {
        profile = spread(0.3);
        for (int i = 1; i < 5; i++) {
            for (int k = 0; k < (i < 4 ? 10 : 200); k++) {
                endpoint(i).load().place(1000, 100);
            }
            page(i, i < 4 ? 10 : 200, 0.1);
        }

        assertThat(picked()).containsExactly("e0");
    }

    private Profile spread(double most) {
        return Policy.standing("spread", time)
                .add("time-scorer", 1, Map.of("spread", most))
                .add("max-score-picker", 1, Map.of("tolerance", 0.001))
                .build();
    }

    @Test
    void amongThoseThatAreAsGoodForAllThatIsKnownChanceDecidesWhereThatIsAskedFor() {
        for (int i = 0; i < 5; i++) {
            page(i, i < 4 ? 10 + 2 * i : 200, i < 4 ? 0.02 + 0.02 * i : 0.5);
        }

        assertThat(picked()).contains("e0").doesNotContain("e4").hasSizeLessThan(4);
        profile = spread(0.3);
        assertThat(picked()).containsExactly("e0", "e1", "e2", "e3");
    }

    @Test
    void whoRunsThereForOthersCountsUntilThePageCannotBeRead() {
        page(0, 200, 0.5);
        assertThat(picked()).doesNotContain("e0");

        endpoint(0).unreadable("TIMEOUT");
        assertThat(picked()).contains("e0");
    }
}
