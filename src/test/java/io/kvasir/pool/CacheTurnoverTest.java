package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** How much is computed again for what a cache takes in: the worked example of docs/time-model.md. */
class CacheTurnoverTest {
    private static final long CACHE = 100_000;

    private final CacheTurnover turnover = new CacheTurnover();

    private double prompts(int count, double tokens, double repeated, double taken) {
        double displacing = 0;
        for (int i = 0; i < count; i++) {
            displacing = turnover.takesIn(tokens, repeated, taken, CACHE);
        }
        return displacing;
    }

    @Test
    void whileACacheHasRoomNothingIsDrivenOut() {
        assertThat(prompts(9, 20_000, 10_000, 10_000)).isZero();
    }

    @Test
    void whatNobodyAsksForTwiceIsMissedByNobody() {
        assertThat(prompts(50, 10_000, 0, 10_000)).isZero();
    }

    @Test
    void whereNothingCameBackYetAnythingUpToTheUsualShareIsAsLikely() {
        // half of what is asked for was asked for before: ln(1 / 0.5) / 0.5 - 1
        assertThat(prompts(10, 20_000, 10_000, 10_000)).isCloseTo(0.386, within(1e-3));
    }

    @Test
    void whatCameBackIsTheLeastThatWill() {
        double before = prompts(30, 20_000, 10_000, 10_000);

        double after = turnover.lost(20_000, CACHE);

        assertThat(after).isGreaterThan(before).isLessThan(1);
    }

    @Test
    void whereAllComesBackThePriceHasAnEnd() {
        prompts(30, 20_000, 20_000, 10_000);

        assertThat(turnover.lost(1e12, CACHE)).isCloseTo(19, within(1e-6));
    }

    @Test
    void whatWasLostLongAgoIsForgotten() {
        prompts(30, 10_000, 0, 10_000);
        assertThat(turnover.lost(50_000, CACHE)).isPositive();

        assertThat(prompts(200, 10_000, 0, 10_000)).isCloseTo(0, within(1e-6));
    }

    @Test
    void ofACacheOfUnknownSizeNothingIsKnown() {
        assertThat(turnover.takesIn(1e9, 1e9, 1e9, 0)).isZero();
        assertThat(turnover.lost(1e9, -1)).isZero();
    }

    @Test
    void onePromptThatIsLargerThanTheCacheLeavesNothingOfWhatWasCounted() {
        prompts(30, 20_000, 10_000, 10_000);
        turnover.lost(50_000, CACHE);

        assertThat(turnover.takesIn(300_000, 0, 300_000, CACHE)).isZero();
    }

    @Test
    void whatNoCacheCouldHoldIsForgottenLikeACacheFullOfOthers() {
        double usual = prompts(100, 20_000, 10_000, 10_000);
        turnover.takesIn(1e9, 0, 1e9, CACHE);
        turnover.lost(50_000, CACHE);

        assertThat(turnover.takesIn(10_000, 0, 0, CACHE)).isCloseTo(0.5 / 1.1 / (1 - 0.5 / 1.1), within(1e-6));
        assertThat(prompts(40, 20_000, 10_000, 10_000)).isCloseTo(usual, within(0.02));
    }

    @Test
    void anEmptiedCacheHasRoomAndHasGivenUpNothing() {
        prompts(30, 20_000, 10_000, 10_000);
        turnover.lost(50_000, CACHE);

        turnover.emptied();

        assertThat(prompts(9, 20_000, 10_000, 10_000)).isZero();
        assertThat(prompts(1, 20_000, 10_000, 10_000)).isCloseTo(0.386, within(1e-3));
    }

    @Test
    void theMeanOfOneShareIsThatOfTheShare() {
        assertThat(CacheTurnover.mean(0.5, 0.5)).isCloseTo(1, within(1e-9));
        assertThat(CacheTurnover.mean(0, 0)).isZero();
    }
}
