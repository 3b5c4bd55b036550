package io.kvasir.observe.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.metric.LatencyBuckets;
import org.junit.jupiter.api.Test;

class ClassWindowTest {
    private final ClassWindow window = new ClassWindow();
    private final LatencyBuckets first = LatencyBuckets.ofAnswers();
    private final LatencyBuckets between = LatencyBuckets.ofTokens();

    @Test
    void whatWasCountedBeforeTheFirstLookDoesNotCount() {
        first.record(80_000_000_000L, 1_000);
        window.times("m", first, between, true);
        assertThat(window.firstToken(0.5)).isNaN();
        first.record(150_000_000L, 100);
        window.times("m", first, between, false);
        assertThat(window.firstToken(0.5)).isCloseTo(0.15, within(0.001));
        assertThat(window.firstToken(0.9)).isCloseTo(0.19, within(0.001));
        assertThat(window.betweenTokens(0.5)).isNaN();
    }

    @Test
    void aModelThatComesLaterCountsFromItsBeginning() {
        window.times("m", first, between, true);
        var others = LatencyBuckets.ofAnswers();
        others.record(4_000_000_000L, 10);
        window.times("n", others, between, false);
        assertThat(window.firstToken(0.5)).isBetween(3.0, 5.0);
    }

    @Test
    void whatWasSeenFadesAway() {
        window.times("m", first, between, true);
        first.record(150_000_000L, 10);
        window.times("m", first, between, false);
        window.given(10, 1_000);
        for (int second = 0; second < 120; second++) {
            window.times("m", first, between, false);
            window.given(0, 0);
        }
        assertThat(window.firstToken(0.5)).isNaN();
        assertThat(window.picks()).isLessThan(0.5);
        assertThat(window.promptTokens()).isLessThan(30);
    }

    @Test
    void whatIsBeyondAllBucketsIsTheLastBound() {
        window.times("m", first, between, true);
        first.record(1_000_000_000_000L, 5);
        window.times("m", first, between, false);
        assertThat(window.firstToken(0.5)).isEqualTo(160);
    }
}
