package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {
    private static final long SECOND = 1_000_000_000;

    private final RetryBudget budget = new RetryBudget(0);

    private int takeAll(long now) {
        int taken = 0;
        while (budget.tryTake(now)) {
            taken++;
        }
        return taken;
    }

    @Test
    void retriesAreAFifthOfTheRequestsInTheLongRun() {
        assertThat(takeAll(0)).isEqualTo((int) RetryBudget.MOST);
        int taken = 0;
        for (int i = 0; i < 1000; i++) {
            budget.request();
            taken += budget.tryTake(0) ? 1 : 0;
        }
        assertThat(taken).isBetween(199, 200);
        assertThat(budget.refused()).isPositive();
    }

    @Test
    void aPoolWithFewRequestsGetsOneASecond() {
        takeAll(0);
        assertThat(budget.tryTake(SECOND / 2)).isFalse();
        assertThat(takeAll(3 * SECOND)).isBetween(2, 3);
    }

    @Test
    void whatIsSavedIsBounded() {
        for (int i = 0; i < 100_000; i++) {
            budget.request();
        }
        assertThat(takeAll(3600 * SECOND)).isEqualTo((int) RetryBudget.MOST);
    }
}
