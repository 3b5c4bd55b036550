package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.pool.Pool;
import io.kvasir.pool.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PoolLogTest {
    private static final long SECOND = 1_000_000_000L;

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final List<String> lines = new ArrayList<>();
    private final PoolLog log = new PoolLog(
            pool,
            ModelCatalogue.load(),
            new Standstill(new TimeModel(ModelCatalogue.load()), SECOND),
            (warns, line) -> lines.add(line));
    private long now = SECOND;

    PoolLogTest() {
        pool.listen(log);
    }

    private void pool(int count) {
        pool.apply(IntStream.range(0, count)
                .mapToObj(i -> EndpointSpec.of("e" + i, "10.0.0." + i, 80))
                .toList());
    }

    private List<String> sweep() {
        now += SECOND;
        lines.clear();
        log.sweep(now);
        return List.copyOf(lines);
    }

    private void ejectAsOutlier(int index) {
        for (int i = 0; i < 100 && endpoint(index).health().state() != EndpointHealth.State.EJECTED; i++) {
            OutlierDetection.failed(pool.snapshot(), endpoint(index), "m", now);
            for (int other = 0; other < pool.snapshot().size(); other++) {
                if (other != index) {
                    endpoint(other).health().requestServed(now);
                }
            }
        }
        assertThat(endpoint(index).health().state()).isEqualTo(EndpointHealth.State.EJECTED);
    }

    private EngineStats asleep(boolean asleep) {
        return EngineStats.at(now)
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(16, 1_000)
                .asleep(asleep)
                .build();
    }

    private Endpoint endpoint(int i) {
        return pool.snapshot().at(i);
    }

    @Test
    void manyThatComeAndGoAreToldInALineEach() {
        pool(30);
        assertThat(sweep())
                .containsExactly("30 endpoints: appeared: e0, e1, e2, e3, e4, e5, e6, e7, e8, e9 and 20 more");

        pool(2);
        assertThat(sweep()).singleElement().asString().startsWith("28 endpoints: left: e2, ");
    }

    @Test
    void churnIsToldOnceInAWhile() {
        int told = 0;
        for (int round = 0; round < 300; round++) {
            pool(round % 2 == 0 ? 40 : 1);
            told += sweep().size();
        }

        assertThat(told).isLessThanOrEqualTo(2 * 31);
    }

    @Test
    void anEndpointThatIsDownAndComesBackIsToldOfWithTheCause() {
        pool(4);
        sweep();
        for (int i = 0; i < 20; i++) {
            endpoint(1).health().probeFailed();
        }
        assertThat(sweep()).containsExactly("1 endpoint: are down and get no requests: e1 (does not answer probes)");
        endpoint(1).health().connectFailed();
        assertThat(sweep()).as("which cause it has now is no news").isEmpty();

        endpoint(1).health().probePassed();
        assertThat(sweep()).containsExactly("1 endpoint: get requests again: e1");
    }

    @Test
    void anEndpointThatRefusesConnectionsIsToldOfAsSuch() {
        pool(2);
        sweep();
        endpoint(0).health().connectFailed();

        assertThat(sweep()).containsExactly("1 endpoint: are down and get no requests: e0 (refuses connections)");
    }

    @Test
    void anEndpointWhoseRequestsFailIsToldOfOnceAndBackWhenItHasShownThatItServes() {
        pool(4);
        sweep();
        ejectAsOutlier(2);
        assertThat(sweep())
                .containsExactly(
                        "1 endpoint: are taken out for a while: e2 (requests fail there that do not fail elsewhere)");
        assertThat(sweep()).isEmpty();

        now += 60 * SECOND;
        var health = endpoint(2).health();
        for (int i = 0; i < 20; i++) {
            health.requestServed(now);
        }
        assertThat(sweep()).containsExactly("1 endpoint: get requests again: e2");
    }

    @Test
    void anEndpointThatSleepsIsToldOfOnceAndWhenItIsAwake() {
        pool(2);
        sweep();
        endpoint(1).report(asleep(true));
        assertThat(sweep()).containsExactly("1 endpoint: sleep, as their engines say, and get no requests: e1");
        endpoint(1).report(asleep(true));
        assertThat(sweep()).isEmpty();

        endpoint(1).report(asleep(false));
        assertThat(sweep()).containsExactly("1 endpoint: are awake again: e1");
    }

    @Test
    void anEndpointThatIsSlowIsToldOfOnceWithHowMuchAndWhenItNoLongerIs() {
        pool(3);
        sweep();
        var pace = endpoint(0).pace();
        for (int i = 0; i < 30; i++) {
            pace.observed(2, 1, now);
        }
        assertThat(sweep()).as("not at the first look").isEmpty();
        assertThat(sweep())
                .singleElement()
                .asString()
                .matches("1 endpoint: take longer than others like them, and get less: e0 \\(1\\.[6-9] times\\)");
        assertThat(sweep()).isEmpty();

        for (int i = 0; i < 60; i++) {
            pace.observed(1, 1, now);
        }
        assertThat(sweep()).containsExactly("1 endpoint: are no longer taken for slow: e0");
    }

    @Test
    void anEndpointThatHangsIsToldOfOnceWithForHowLongAndWhenItNoLongerDoes() {
        pool(3);
        sweep();
        endpoint(1).load().placePrefill(1_000, now);
        now += 20 * SECOND;
        assertThat(sweep()).as("not at the first look").isEmpty();
        assertThat(sweep())
                .containsExactly(
                        "1 endpoint: have begun no answer for long, though requests wait for one there: e1 (22 s)");
        assertThat(sweep()).isEmpty();

        endpoint(1).load().releasePrefill(1_000, now);
        assertThat(sweep()).containsExactly("1 endpoint: begin answers again: e1");
    }

    @Test
    void anEndpointThatServesIsNeverToldOf() {
        pool(2);
        sweep();
        for (int i = 0; i < 500; i++) {
            var endpoint = endpoint(i % 2);
            endpoint.load().place(100, 10);
            endpoint.load().placePrefill(1_000, now);
            endpoint.report(asleep(false));
            endpoint.pace().observed(i % 3 == 0 ? 1.1 : 0.95, 1, now);
            // what goes wrong now and then and everywhere
            if (i % 10 == 0) {
                endpoint.health().pressed(SECOND, now);
                endpoint.health().probeFailed();
            } else if (i % 10 == 5) {
                OutlierDetection.failed(pool.snapshot(), endpoint(0), "m", now);
                OutlierDetection.failed(pool.snapshot(), endpoint(1), "m", now);
            } else {
                endpoint.health().probePassed();
                endpoint.health().requestServed(now);
            }
            assertThat(sweep()).isEmpty();
            endpoint.load().releasePrefill(1_000, now);
            endpoint.load().release(100, 10);
        }
    }

    @Test
    void whatCannotBeReadIsToldWithItsReasonOnceAndWhenItCanBeReadAgain() {
        pool(3);
        sweep();
        endpoint(0).knowledge().unreadable("unauthorized");
        endpoint(2).knowledge().unreadable("too-large");
        endpoint(2).unreadable("status");
        assertThat(sweep()).as("not at the first look").isEmpty();

        assertThat(sweep())
                .hasSize(2)
                .anySatisfy(line -> assertThat(line).contains("metrics page").endsWith("e2 (status)"))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("2 endpoints: have a list of models that cannot be read")
                        .contains("e0 (unauthorized)", "e2 (too-large)"));
        assertThat(sweep()).isEmpty();

        endpoint(0).serves(List.of(new ServedModel("llama-3.1-8b", null, 0)));
        assertThat(sweep()).containsExactly("1 endpoint: have a list of models that can be read again: e0");
    }

    @Test
    void aModelThatTheCatalogueDoesNotKnowIsToldOnce() {
        pool(3);
        pool.snapshot().endpoints().forEach(e -> e.serves(List.of(new ServedModel("frobnicator", null, 0))));
        var all = new ArrayList<String>();
        for (int i = 0; i < 10; i++) {
            all.addAll(sweep());
        }

        assertThat(all.stream().filter(line -> line.startsWith("frobnicator is not in the model catalogue")))
                .hasSize(1);
    }
}
