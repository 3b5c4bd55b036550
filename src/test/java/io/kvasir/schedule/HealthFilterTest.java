package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.pool.Pool;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HealthFilterTest {
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final SchedulingContext context = new SchedulingContext(new SplittableRandom(5));
    private final long now = 1_000_000_000;

    private void endpoints(int count) {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < count; i++) {
            specs.add(EndpointSpec.of("e" + i, "10.0.0." + i, 80));
        }
        pool.apply(specs);
    }

    private EndpointHealth health(int index) {
        return pool.snapshot().at(index).health();
    }

    private void silence(int index) {
        for (int i = 0; i < EndpointHealth.FAILED_PROBES_TO_EJECT; i++) {
            health(index).probeFailed();
        }
    }

    private void eject(int index) {
        for (int i = 0; i < 20; i++) {
            for (int j = 0; j < pool.snapshot().size(); j++) {
                health(j).requestServed(now);
            }
        }
        for (int i = 0; health(index).state() != EndpointHealth.State.EJECTED; i++) {
            assertThat(i).isLessThan(100);
            OutlierDetection.failed(pool.snapshot(), pool.snapshot().at(index), "", now);
        }
    }

    private List<String> left(Filter filter) {
        var request = Request.withoutBody(Dialect.PASSTHROUGH);
        context.begin(request, "", pool.snapshot(), null, now, Long.MAX_VALUE, 1);
        filter.filter(context);
        return Explanation.names(context);
    }

    private List<String> left() {
        return left(new HealthFilter());
    }

    @Test
    void theDeadGoWhileAThirdIsLeft() {
        endpoints(6);
        health(0).connectFailed();
        silence(1);
        eject(2);
        health(3).pressed(0, now);

        assertThat(left()).containsExactly("e4", "e5");
        assertThat(context.notes().isHealthIgnored()).isFalse();
    }

    @Test
    void theLastThirdStaysWhateverProbesSay() {
        endpoints(6);
        for (int i = 0; i < 5; i++) {
            silence(i);
        }
        assertThat(left()).containsExactly("e0", "e5");
        assertThat(context.notes().isHealthIgnored()).isTrue();
    }

    @Test
    void thoseThatRefuseConnectionsAreNotNeededForTheThird() {
        endpoints(6);
        for (int i = 0; i < 5; i++) {
            health(i).connectFailed();
        }
        assertThat(left()).containsExactly("e5");
        assertThat(context.notes().isHealthIgnored()).isFalse();
    }

    @Test
    void theBusyStayBeforeTheBroken() {
        endpoints(3);
        eject(0);
        health(1).pressed(0, now);
        silence(2);
        assertThat(left()).containsExactly("e1");
        assertThat(context.notes().isHealthIgnored()).isFalse();
    }

    @Test
    void whereAllAreBusyAllStay() {
        endpoints(4);
        for (int i = 0; i < 4; i++) {
            health(i).pressed(0, now);
        }
        assertThat(left()).hasSize(4);
    }

    @Test
    void whereAllLookDeadTheyAreTriedAnyway() {
        endpoints(4);
        for (int i = 0; i < 4; i++) {
            health(i).connectFailed();
        }
        assertThat(left()).hasSize(4);
        assertThat(context.notes().isHealthIgnored()).isTrue();

        silence(2);
        health(2).probePassed();
        silence(2);
        assertThat(left()).as("silence is the weaker evidence").containsExactly("e2");
    }

    @Test
    void theSleepingAreNeverAsked() {
        endpoints(2);
        var asleep = EngineStats.at(now)
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(16, 100)
                .asleep(true)
                .build();
        pool.snapshot().at(0).report(asleep);
        silence(1);
        assertThat(left()).containsExactly("e1");

        pool.snapshot().at(1).report(asleep);
        assertThat(left()).isEmpty();
    }

    @Test
    void whereNobodyIsNeededOnlyTheGoodAreLeft() {
        endpoints(2);
        silence(0);
        silence(1);
        assertThat(left(new HealthFilter(false))).isEmpty();
    }

    @Test
    void anEndpointThatFailsMoreThanItsPeersIsPassedOverAsOften() {
        endpoints(3);
        for (int i = 0; i < 16; i++) {
            health(1).requestServed(now);
            health(2).requestServed(now);
            if (i % 4 == 0) {
                OutlierDetection.failed(pool.snapshot(), pool.snapshot().at(0), "", now);
            } else {
                health(0).requestServed(now);
            }
        }
        double excess = health(0).excess();
        assertThat(excess).isBetween(0.05, 0.3);
        int there = 0;
        for (int i = 0; i < 2000; i++) {
            there += left().contains("e0") ? 1 : 0;
        }
        assertThat(there / 2000.0).isBetween(1 - excess - 0.05, 1 - excess + 0.05);
    }
}
