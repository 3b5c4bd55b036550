package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ReplicaPaceTest {
    private static final long SECOND = 1_000_000_000L;

    private final ReplicaPace pace = new ReplicaPace();
    private long now = 100 * SECOND;

    /** One observation a second. */
    private void seen(int count, double ratio) {
        for (int i = 0; i < count; i++) {
            now += SECOND;
            pace.observed(ratio, 1, now);
        }
    }

    private double factor() {
        return pace.factor(now);
    }

    @Test
    void whatDiffersFromRequestToRequestIsNotTheReplicas() {
        for (int i = 0; i < 200; i++) {
            seen(1, i % 2 == 0 ? 0.8 : 1.2);
            assertThat(factor()).isEqualTo(1);
        }
    }

    @Test
    void oneStrayDurationMakesNobodySlow() {
        seen(1, 50);

        assertThat(factor()).isLessThan(1.4);
        seen(3, 1);
        assertThat(factor()).isEqualTo(1);
    }

    @Test
    void oneThatTakesThreeTimesAsLongCountsAsThatAfterTenObservations() {
        seen(10, 3);

        assertThat(factor()).isBetween(2.3, 3.0);
    }

    @Test
    void unseenItIsTriedAgainAndTrustedWhereThatGoesWell() {
        seen(15, 3);
        double slow = factor();
        now += 5 * SECOND;
        assertThat(factor()).isEqualTo(slow);
        now += 8 * SECOND;
        assertThat(factor()).isEqualTo(1);

        seen(1, 1);
        assertThat(factor()).isEqualTo(1);
    }

    @Test
    void eachTimeThatItTurnsOutToBeSlowAgainItIsLeftAloneForTwiceAsLong() {
        long[] untried = new long[4];
        for (int i = 0; i < untried.length; i++) {
            seen(15, 3);
            long since = now;
            while (factor() > 1) {
                now += SECOND / 10;
            }
            untried[i] = now - since;
            seen(1, 1);
        }

        for (int i = 1; i < untried.length; i++) {
            assertThat((double) untried[i]).isCloseTo(2.0 * untried[i - 1], within(0.2 * SECOND));
        }
    }

    @Test
    void aTryThatGoesBadlyCostsAFewRequestsAndAsLongASilence() {
        seen(15, 3);
        now += 15 * SECOND;
        assertThat(factor()).isEqualTo(1);
        seen(3, 3);

        assertThat(factor()).isGreaterThan(1.8);
        now += 5 * SECOND;
        assertThat(factor()).isGreaterThan(1.8);
        now += 8 * SECOND;
        assertThat(factor()).isEqualTo(1);
    }

    @Test
    void longGoodConductIsRemembered() {
        seen(15, 3);
        seen(330, 1);
        seen(15, 3);
        now += 13 * SECOND;

        assertThat(factor()).isEqualTo(1);
    }

    @Test
    void nothingMakesItMoreThanItsLimits() {
        seen(500, 1e6);
        assertThat(factor()).isLessThanOrEqualTo(ReplicaPace.MOST);
        seen(5000, 1e-6);
        assertThat(factor()).isGreaterThanOrEqualTo(ReplicaPace.LEAST);
        pace.observed(Double.NaN, 1, now);
        pace.observed(-1, 1, now);
        pace.observed(3, Double.NaN, now);
        assertThat(factor()).isBetween(ReplicaPace.LEAST, 1.0);
    }
}
