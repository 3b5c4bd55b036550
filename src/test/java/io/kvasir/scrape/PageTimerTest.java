package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class PageTimerTest {
    private static final long MS = 1_000_000;
    private static final long ORIGIN = 7_000 * MS;

    private final ScrapeSettings settings = ScrapeSettings.adaptive();

    private PageTimer timer(int phase) {
        return new PageTimer(settings, ORIGIN, phase, ORIGIN);
    }

    /** A timer whose endpoint was read once, at its first due time, and was found idle. */
    private PageTimer idle() {
        var timer = timer(0);
        ask(timer, false);
        return timer;
    }

    private static long ask(PageTimer timer, boolean working) {
        long now = timer.due();
        timer.asked(now);
        timer.came(now + MS, working, 0);
        return now;
    }

    @Test
    void theFirstPageIsDueWithinTheShortInterval() {
        for (int phase = 0; phase < PageTimer.PHASES; phase++) {
            assertThat(timer(phase).due() - ORIGIN).isPositive().isLessThanOrEqualTo(50 * MS);
        }
    }

    @Test
    void endpointsAreSpreadOverTheInterval() {
        var dues = new ArrayList<Long>();
        for (int phase = 0; phase < PageTimer.PHASES; phase++) {
            dues.add((timer(phase).due() - ORIGIN) / MS);
        }
        assertThat(dues).containsExactlyInAnyOrder(5L, 10L, 15L, 20L, 25L, 30L, 35L, 40L, 45L, 50L);
    }

    @Test
    void aWorkingEndpointIsReadEvery50Ms() {
        var timer = timer(3);
        long first = ask(timer, true);
        for (int i = 1; i < 100; i++) {
            assertThat(ask(timer, true) - first).isEqualTo(i * 50L * MS);
        }
    }

    @Test
    void aLateTickDoesNotPushTheNextPages() {
        var timer = timer(0);
        timer.asked(ORIGIN + 50 * MS);
        timer.came(ORIGIN + 52 * MS, true, 0);
        timer.asked(ORIGIN + 117 * MS);
        assertThat(timer.due()).isEqualTo(ORIGIN + 150 * MS);
    }

    @Test
    void anIdleEndpointIsReadEverySecond() {
        var timer = idle();
        long first = ask(timer, false);
        assertThat(timer.due() - first).isEqualTo(1000 * MS);
        assertThat(ask(timer, false) - first).isEqualTo(1000 * MS);
    }

    @Test
    void anIdleEndpointThatGetsARequestIsReadWithin50Ms() {
        var timer = idle();
        long now = timer.due() - 777 * MS;
        timer.hasRequests(now);
        assertThat(timer.due() - now).isPositive().isLessThanOrEqualTo(50 * MS);
        long asked = ask(timer, true);
        assertThat(timer.due() - asked).isEqualTo(50 * MS);
    }

    @Test
    void anIdleEndpointWhosePageShowsRequestsIsReadOftenFromThenOn() {
        var timer = idle();
        long asked = ask(timer, true);
        assertThat(timer.due() - asked).isLessThanOrEqualTo(100 * MS);
        asked = ask(timer, true);
        assertThat(timer.due() - asked).isEqualTo(50 * MS);
    }

    @Test
    void anIdlePageOlderThan200MsIsReadAgainWhereItMatters() {
        var timer = idle();
        long asked = ask(timer, false);

        assertThat(timer.refresh(asked + 199 * MS)).isFalse();
        assertThat(timer.due()).isEqualTo(asked + 1000 * MS);
        assertThat(timer.refresh(asked + 200 * MS)).isTrue();
        assertThat(timer.due()).isEqualTo(asked + 200 * MS);

        timer.asked(asked + 200 * MS);
        assertThat(timer.refresh(asked + 201 * MS)).isFalse();
    }

    @Test
    void failuresDoubleThePauseUpToItsLimitAndAreForgottenWithTheFirstPage() {
        var timer = timer(0);
        ask(timer, true);
        long now = timer.due();
        for (long pause : new long[] {100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
            timer.asked(now);
            timer.failed(now);
            assertThat(timer.due() - now).isEqualTo(pause * MS);
            now = timer.due();
        }
        for (int i = 0; i < 100; i++) {
            timer.failed(now);
        }
        assertThat(timer.due() - now).isEqualTo(5000 * MS);
        assertThat(timer.refresh(now + 1)).isFalse();
        timer.hasRequests(now + 1);
        assertThat(timer.due() - now).isEqualTo(5000 * MS);

        timer.came(now, true, 0);
        assertThat(timer.failures()).isZero();
        assertThat(timer.due() - now).isLessThanOrEqualTo(50 * MS);
    }

    @Test
    void aFixedIntervalHoldsWhateverTheEndpointDoes() {
        var fixed = new PageTimer(ScrapeSettings.fixed(Duration.ofMillis(70)), ORIGIN, 4, ORIGIN);
        long first = ask(fixed, false);
        assertThat(ask(fixed, true) - first).isEqualTo(70 * MS);
        assertThat(ask(fixed, false) - first).isEqualTo(140 * MS);
        fixed.hasRequests(first + 150 * MS);
        assertThat(fixed.due() - first).isEqualTo(210 * MS);
    }

    @Test
    void aPageStillAwaitedIsNotAskedForTwice() {
        var timer = timer(0);
        ask(timer, true);
        long now = timer.due();
        timer.asked(now);
        timer.skipped(now + 50 * MS);
        assertThat(timer.due()).isEqualTo(now + 100 * MS);
    }

    @Test
    void aClockBelowZeroIsAsGoodAsAnyOther() {
        var timer = new PageTimer(settings, -3 * MS, 9, -2 * MS);
        assertThat(timer.due() + 2 * MS).isPositive().isLessThanOrEqualTo(50 * MS);
    }

    private static long costing(PageTimer timer, boolean working, long millis) {
        long before = 0;
        for (int i = 0; i < 40; i++) {
            before = timer.due();
            timer.asked(before);
            timer.came(before + millis * MS, working, millis * MS);
        }
        long last = timer.due();
        timer.asked(last);
        return (timer.due() - last) / MS;
    }

    private PageTimer bounded() {
        return new PageTimer(
                settings.toBuilder()
                        .engineShare(0.01)
                        .longestInterval(Duration.ofMillis(1800))
                        .build(),
                ORIGIN,
                0,
                ORIGIN);
    }

    @Test
    void pagesTakeNoMoreThanTheirShareOfTheEnginesTime() {
        assertThat(costing(bounded(), true, 8)).isBetween(780L, 800L);
        assertThat(costing(bounded(), false, 12)).isBetween(1180L, 1200L);
    }

    @Test
    void cheapPagesAreReadAsOftenAsTheFlagsSay() {
        assertThat(costing(bounded(), true, 0)).isEqualTo(50);
        assertThat(costing(bounded(), false, 1)).isEqualTo(1000);
    }

    @Test
    void noPageIsSoDearThatNoneCountsAnyMore() {
        assertThat(costing(bounded(), true, 500)).isEqualTo(1800);
    }

    @Test
    void aDearPageIsNotReadSoonerBecauseSomebodyWantsItYoung() {
        var timer = bounded();
        costing(timer, false, 8);
        long asked = timer.due();
        timer.asked(asked);
        timer.came(asked + 8 * MS, false, 8 * MS);

        assertThat(timer.refresh(asked + 300 * MS)).isFalse();
        assertThat(timer.refresh(asked + 801 * MS)).isTrue();
    }
}
