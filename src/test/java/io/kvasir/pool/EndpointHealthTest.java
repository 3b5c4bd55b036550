package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointHealth.Standing;
import io.kvasir.pool.EndpointHealth.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointHealthTest {
    private static final long SECOND = 1_000_000_000;

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private long now = SECOND;

    private void endpoints(int count) {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < count; i++) {
            specs.add(EndpointSpec.of("e" + i, "10.0.0." + i, 80));
        }
        pool.apply(specs);
        pool.snapshot().endpoints().forEach(endpoint -> endpoint.health().probePassed());
    }

    private EndpointHealth health(int index) {
        return pool.snapshot().at(index).health();
    }

    private void fail(int index) {
        OutlierDetection.failed(pool.snapshot(), pool.snapshot().at(index), "m", now);
    }

    private void serve(int index) {
        health(index).requestServed(now);
    }

    /** Until it is out; how many failures that took. */
    private int eject(int index) {
        for (int failures = 0; failures <= 100; failures++) {
            if (health(index).state() == State.EJECTED) {
                return failures;
            }
            fail(index);
            for (int i = 0; i < pool.snapshot().size(); i++) {
                if (i != index) {
                    serve(i);
                }
            }
        }
        throw new AssertionError("not ejected");
    }

    @Test
    void aRefusedConnectionTakesAnEndpointDownUntilAProbePasses() {
        var health = new EndpointHealth();

        health.connectFailed();
        health.requestServed(now);
        assertThat(health.routable()).isFalse();
        assertThat(health.standing(now)).isEqualTo(Standing.REFUSED);

        health.probePassed();
        assertThat(health.state()).isEqualTo(State.UP);
        assertThat(health.ejections(Ejection.REFUSED)).isEqualTo(1);
    }

    @Test
    void aConnectionThatIsNotMadeInTimeCountsAsAFailedProbeOnly() {
        var health = new EndpointHealth();

        health.connectTimedOut();
        health.connectTimedOut();
        assertThat(health.routable()).isTrue();

        health.connectTimedOut();
        assertThat(health.standing(now)).isEqualTo(Standing.SILENT);
        health.probePassed();
        assertThat(health.standing(now)).isEqualTo(Standing.GOOD);
    }

    @Test
    void requestsThatFailEverywhereEjectNobody() {
        endpoints(6);
        for (int i = 0; i < 60; i++) {
            fail(i % 6);
        }
        // half of the traffic fails wherever it goes
        for (int i = 0; i < 600; i++) {
            if (i % 4 < 2) {
                fail(i % 6);
            } else {
                serve(i % 6);
            }
        }
        for (int i = 0; i < 6; i++) {
            assertThat(health(i).standing(now)).isEqualTo(Standing.GOOD);
        }
    }

    @Test
    void anEndpointThatIsAloneIsNeverEjectedForWhatRequestsDo() {
        endpoints(1);
        for (int i = 0; i < 100; i++) {
            fail(0);
        }
        assertThat(health(0).standing(now)).isEqualTo(Standing.GOOD);
    }

    @Test
    void peersOfAnotherModelSayNothing() {
        pool.apply(List.of(
                EndpointSpecs.of("a", 1, Role.BOTH, null, EngineKind.VLLM, "a", 0),
                EndpointSpecs.of("b", 2, Role.BOTH, null, EngineKind.VLLM, "b", 0)));
        for (int i = 0; i < 30; i++) {
            OutlierDetection.failed(pool.snapshot(), pool.snapshot().at(0), "a", now);
            serve(1);
        }
        assertThat(health(0).standing(now)).isEqualTo(Standing.GOOD);
    }

    @Test
    void whatFailsOnlyThereEjects() {
        endpoints(3);
        assertThat(eject(0)).isLessThanOrEqualTo(6);
        assertThat(health(0).excess()).isPositive();
        assertThat(health(0).ejections(Ejection.OUTLIER)).isEqualTo(1);
        assertThat(health(1).standing(now)).isEqualTo(Standing.GOOD);
    }

    @Test
    void successesWeighIn() {
        endpoints(3);
        for (int i = 0; i < 300; i++) {
            if (i % 3 == 0) {
                fail(0);
            } else {
                serve(0);
            }
            serve(1);
            serve(2);
        }
        assertThat(health(0).state()).isEqualTo(State.UP);
        assertThat(health(0).excess()).isBetween(0.1, 0.5);
    }

    @Test
    void anEjectedEndpointIsTriedWithFewRequestsAndHealsBySeveral() {
        endpoints(3);
        eject(0);
        var health = health(0);
        health.probePassed();
        assertThat(health.standing(now)).as("a good probe is not enough").isEqualTo(Standing.EJECTED);

        now += 6 * SECOND;
        assertThat(health.standing(now)).isEqualTo(Standing.GOOD);
        assertThat(health.beginTrial(now)).isTrue();
        assertThat(health.standing(now)).as("one at a time").isEqualTo(Standing.EJECTED);
        for (int i = 0; i < EndpointHealth.TRIALS_TO_HEAL; i++) {
            assertThat(health.state()).isNotEqualTo(State.UP);
            serve(0);
        }
        health.endTrial();
        assertThat(health.state()).isEqualTo(State.UP);
        assertThat(health.excess()).isZero();
    }

    @Test
    void eachFailedTrialDoublesTheTimeWithinABound() {
        endpoints(3);
        eject(0);
        long expected = 5;
        for (int i = 0; i < 12; i++) {
            now += expected * SECOND - 1;
            assertThat(health(0).standing(now)).isEqualTo(Standing.EJECTED);
            now += 1;
            assertThat(health(0).standing(now)).isEqualTo(Standing.GOOD);
            serve(1);
            serve(2);
            serve(1);
            fail(0);
            expected = Math.min(320, 2 * expected);
        }
    }

    @Test
    void goodTimeTakesTheDoublingsBack() {
        endpoints(3);
        eject(0);
        now += 6 * SECOND;
        for (int i = 0; i < 3; i++) {
            serve(0);
        }
        now += 600 * SECOND;
        eject(0);
        now += 5 * SECOND;
        assertThat(health(0).standing(now)).isEqualTo(Standing.GOOD);
    }

    @Test
    void anEngineThatBreaksAndIsRestartedHasToShowThatItServes() {
        endpoints(3);
        eject(0);
        health(0).connectFailed();
        health(0).probePassed();

        assertThat(health(0).state()).isEqualTo(State.TRIAL);
        assertThat(health(0).standing(now)).as("at once").isEqualTo(Standing.GOOD);
        assertThat(health(0).beginTrial(now)).isTrue();
        assertThat(health(0).standing(now)).isEqualTo(Standing.EJECTED);
    }

    @Test
    void tooBusyIsNoFaultButIsLeftAloneForAsLongAsAsked() {
        var health = new EndpointHealth();
        health.pressed(3 * SECOND, now);

        assertThat(health.routable()).isTrue();
        assertThat(health.standing(now + 3 * SECOND - 1)).isEqualTo(Standing.PRESSED);
        assertThat(health.standing(now + 3 * SECOND)).isEqualTo(Standing.GOOD);

        health.pressed(86_400 * SECOND, now);
        assertThat(health.standing(now + 30 * SECOND)).as("bounded").isEqualTo(Standing.GOOD);
    }

    @Test
    void withoutAWordTheTimeDoublesUntilSomethingIsServed() {
        var health = new EndpointHealth();
        for (long seconds : new long[] {1, 2, 4, 8, 16, 30, 30}) {
            health.pressed(0, now);
            assertThat(health.standing(now + seconds * SECOND - 1)).isEqualTo(Standing.PRESSED);
            now += seconds * SECOND;
            assertThat(health.standing(now)).isEqualTo(Standing.GOOD);
        }
        health.requestServed(now);
        health.pressed(0, now);
        assertThat(health.standing(now + SECOND)).isEqualTo(Standing.GOOD);
    }

    @Test
    void anEndpointThatRefusesWhatItsPeersTakeIsPassedOverAndStays() {
        endpoints(3);
        for (int i = 0; i < 50; i++) {
            OutlierDetection.refused(pool.snapshot(), pool.snapshot().at(0), "m", now);
            serve(1);
            serve(2);
        }
        assertThat(health(0).excess()).isGreaterThan(0.8);
        assertThat(health(0).state()).isEqualTo(State.UP);

        for (int i = 0; i < OutcomeHistory.LENGTH; i++) {
            serve(0);
        }
        assertThat(health(0).excess()).isZero();
    }

    @Test
    void whatAllRefuseIsTheRequests() {
        endpoints(3);
        for (int i = 0; i < 60; i++) {
            OutlierDetection.refused(pool.snapshot(), pool.snapshot().at(i % 3), "m", now);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(health(i).excess()).isLessThan(0.05);
        }
    }

    @Test
    void whatHappenedLongAgoIsForgotten() {
        endpoints(3);
        for (int i = 0; i < 4; i++) {
            fail(0);
        }
        now += 301 * SECOND;
        serve(1);
        serve(1);
        serve(1);
        fail(0);
        assertThat(health(0).state()).isEqualTo(State.UP);
    }
}
