package io.kvasir.load.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.load.statistics.PairedBootstrap.Values;
import io.kvasir.load.statistics.Quantity.Mean;
import io.kvasir.load.statistics.Quantity.Quantile;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairedBootstrapTest {
    private final PairedBootstrap bootstrap = new PairedBootstrap(40, 300, 1);

    @Test
    void quantilesAreOfTheNearestRankAndMeansOfWhatCounts() {
        double[] values = {5, 1, 4, 2, 3};
        assertThat(new Quantile(0.5).of(values)).isEqualTo(3);
        assertThat(new Quantile(0.9).of(values)).isEqualTo(5);
        assertThat(new Quantile(0.2).of(values)).isEqualTo(1);
        assertThat(new Mean().of(values)).isEqualTo(3);
        assertThat(new Quantile(0.5).weighted(new double[] {1, 2, 9}, new int[] {3, 0, 2}))
                .isEqualTo(1);
        assertThat(new Mean().weighted(new double[] {1, 2, 9}, new int[] {3, 0, 1}))
                .isEqualTo(3);
        assertThat(new Mean().of(new double[0])).isNaN();
        assertThatThrownBy(() -> new Quantile(0)).hasMessage("share: 0.0; allowed: above 0, at most 1");
    }

    @Test
    void armsThatAreAlikeDifferByNothingAndOneTwiceAsSlowByTwo() {
        var base = noise(1, 5, 1_000, 0);
        var twice = new Values(base.runs().stream()
                .map(run -> IntStream.range(0, run.length)
                        .mapToDouble(i -> 2 * run[i])
                        .toArray())
                .toList());
        assertThat(bootstrap.ratio(base, base, new Quantile(0.9))).isEqualTo(new Interval(1, 1, 1));
        assertThat(bootstrap.ratio(twice, base, new Quantile(0.9))).isEqualTo(new Interval(2, 2, 2));
        assertThat(bootstrap.difference(base, base, new Mean()).excludes(0)).isFalse();
    }

    @Test
    void theIntervalOfAMeanIsAsWideAsTheTheoryOfIndependentValuesSays() {
        // 20 runs of 500 uniform values: the mean's standard error is 0.2887 / sqrt(10000) = 0.0029
        var interval = bootstrap.of(noise(3, 20, 500, 0), new Mean());
        assertThat(interval.value()).isCloseTo(0.5, within(0.01));
        assertThat(interval.high() - interval.low()).isBetween(2 * 1.96 * 0.0029 * 0.7, 2 * 1.96 * 0.0029 * 1.8);
    }

    @Test
    void neighboursThatFareAlikeWidenTheInterval() {
        var alone = bootstrap.of(noise(4, 8, 2_000, 0), new Mean());
        var alike = bootstrap.of(noise(4, 8, 2_000, 50), new Mean());
        assertThat(alike.high() - alike.low()).isGreaterThan(2 * (alone.high() - alone.low()));
    }

    @Test
    void whatPairsHaveInCommonIsNoDifference() {
        // both arms suffer the same hard stretches, one a tenth more: unpaired, the stretches would hide it
        var base = noise(5, 5, 1_000, 100);
        var other = new Values(base.runs().stream()
                .map(run -> IntStream.range(0, run.length)
                        .mapToDouble(i -> run[i] * 1.1 + 0.001 * (i % 7))
                        .toArray())
                .toList());
        var paired = bootstrap.ratio(other, base, new Mean());
        assertThat(paired.excludes(1)).isTrue();
        assertThat(paired.high() - paired.low()).isLessThan(0.02);
        assertThat(bootstrap.of(base, new Mean()).high()
                        - bootstrap.of(base, new Mean()).low())
                .isGreaterThan(0.05);
    }

    @Test
    void requestsWithoutAValueDoNotCountAndNoneSayNothing() {
        var some = new Values(List.of(new double[] {1, Double.NaN, 3}, new double[] {2, 2, Double.NaN}));
        assertThat(bootstrap.of(some, new Mean()).value()).isEqualTo(2);
        var none = new Values(List.of(new double[] {Double.NaN}));
        assertThat(bootstrap.of(none, new Mean())).isEqualTo(Interval.UNKNOWN);
        assertThat(Interval.UNKNOWN.excludes(0)).isFalse();
    }

    @Test
    void theSameRunsGiveTheSameIntervalAndOthersAreNotCompared() {
        var base = noise(6, 5, 300, 10);
        var other = noise(7, 5, 300, 10);
        assertThat(bootstrap.ratio(other, base, new Quantile(0.9)))
                .isEqualTo(new PairedBootstrap(40, 300, 1).ratio(other, base, new Quantile(0.9)));
        assertThatThrownBy(() -> bootstrap.ratio(noise(6, 5, 299, 10), base, new Mean()))
                .hasMessage("two arms are compared on the same seeds and requests only");
    }

    /** Uniform values; {@code alike} neighbours in a row have the same where that is not 0. */
    private static Values noise(long seed, int runs, int length, int alike) {
        var random = new Random(seed);
        return new Values(IntStream.range(0, runs)
                .mapToObj(_ -> {
                    double[] run = new double[length];
                    for (int i = 0; i < length; i++) {
                        run[i] = alike == 0 || i % alike == 0 ? random.nextDouble() : run[i - 1];
                    }
                    return run;
                })
                .toList());
    }
}
