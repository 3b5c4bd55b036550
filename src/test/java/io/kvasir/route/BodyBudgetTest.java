package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BodyBudgetTest {
    private static final long LIMIT = 100 << 20;

    private final BodyBudget budget = new BodyBudget(LIMIT);

    /** Takes pieces for requests that grow to that size, one after another, until one finds no room; bytes taken. */
    private long fill(long size, int piece) {
        while (true) {
            for (long held = 0; held < size; held += piece) {
                if (!budget.tryReserve(piece, held)) {
                    return budget.used();
                }
            }
        }
    }

    @Test
    void largeRequestsLeaveRoomForSmallerOnes() {
        assertThat(fill(10 << 20, 1 << 20)).isBetween(70L << 20, 71L << 20);
        assertThat(fill(1 << 20, 32 << 10)).isBetween(84L << 20, 86L << 20);
        assertThat(fill(64 << 10, 8 << 10)).isEqualTo(LIMIT);
        assertThat(budget.tryReserve(1, 0)).isFalse();
    }

    @Test
    void whatFoundNoRoomIsNotTaken() {
        budget.reserve(LIMIT);
        assertThat(budget.tryReserve(1, 0)).isFalse();
        assertThat(budget.used()).isEqualTo(LIMIT);
        budget.release(LIMIT);
        assertThat(budget.tryReserve(LIMIT, 0)).isFalse();
        assertThat(budget.tryReserve(64 << 10, 0)).isTrue();
        assertThat(budget.used()).isEqualTo(64 << 10);
    }
}
