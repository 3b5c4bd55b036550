package io.kvasir.load.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.kvasir.load.replay.arm.Arms;
import io.kvasir.pool.HardwareCatalogue;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a run is put together from. */
class ReplayPartsTest {
    @Test
    void thingsHappenInOrderOfTimeAndOfOneTimeInTheOrderInWhichTheyWereAdded() {
        var agenda = new Agenda();
        var random = new SplittableRandom(1);
        var added = new ArrayList<long[]>();
        for (int i = 0; i < 3000; i++) {
            long time = random.nextInt(200);
            agenda.add(time, i);
            added.add(new long[] {time, i});
        }
        added.sort((one, other) -> Long.compare(one[0], other[0]));

        for (long[] next : added) {
            assertThat(agenda.next()).isEqualTo(next[0]);
            assertThat(agenda.take()).isEqualTo(next[1]);
        }
        assertThat(agenda.isEmpty()).isTrue();
    }

    @Test
    void quantilesOfLatenciesAreWithinTwoPercent() {
        var latencies = new Latencies();
        IntStream.rangeClosed(1, 10_000).forEach(i -> latencies.add(i * 1e-3));

        assertThat(latencies.quantile(0.5)).isCloseTo(5, withinPercentage(2));
        assertThat(latencies.quantile(0.99)).isCloseTo(9.9, withinPercentage(2));
        assertThat(latencies.mean()).isCloseTo(5.0005, withinPercentage(0.01));
        assertThat(new Latencies().quantile(0.5)).isNaN();
    }

    @Test
    void promptsShareTheirEqualLeadingPiecesAndTheShorterOfOneId() {
        var one = PromptShape.EMPTY.then(1, 100).then(2, 50).then(3, 10);

        assertThat(one.shared(PromptShape.EMPTY.then(1, 100).then(2, 20).then(3, 10)))
                .isEqualTo(120);
        assertThat(one.shared(PromptShape.EMPTY.then(1, 100).then(4, 20))).isEqualTo(100);
        assertThat(one.length()).isEqualTo(160);
        assertThat(one).isEqualTo(PromptShape.of(new long[] {1, 2, 3}, new int[] {100, 50, 10}));
    }

    @Test
    void theIdealCacheHoldsPromptsAndAnswersOfAllRequestsBefore() {
        var cache = new IdealCache();
        var first = PromptShape.EMPTY.then(1, 100);

        assertThat(cache.find(ReplayRequest.alone(0, 0, first, 9, 40))).isZero();
        assertThat(cache.find(ReplayRequest.alone(1, 0, first.then(9, 40).then(2, 60), 10, 5)))
                .isEqualTo(140);
        // the same piece behind other ones is other content
        assertThat(cache.find(
                        ReplayRequest.alone(2, 0, PromptShape.EMPTY.then(5, 10).then(9, 40), 11, 5)))
                .isZero();
        // of what it holds whole, one token is computed again
        assertThat(cache.find(ReplayRequest.alone(3, 0, first, 12, 5))).isEqualTo(99);
    }

    @Test
    void aDistortedCatalogueIsWrongByItsFactorInDirectionsOfTheSeed() {
        var shipped = HardwareCatalogue.load().classes();
        var distorted = RoutedPool.catalogue(2, 5).classes();

        assertThat(distorted).hasSameSizeAs(shipped);
        int faster = 0;
        for (int i = 0; i < shipped.size(); i++) {
            double ratio = distorted.get(i).flops() / shipped.get(i).flops();
            assertThat(ratio).isIn(2.0, 0.5);
            assertThat(distorted.get(i).name()).isEqualTo(shipped.get(i).name());
            faster += ratio > 1 ? 1 : 0;
        }
        assertThat(faster).isBetween(1, shipped.size() - 1);
        assertThat(RoutedPool.catalogue(2, 6).classes()).isNotEqualTo(distorted);
        assertThat(RoutedPool.catalogue(1, 5).classes()).isEqualTo(shipped);
    }

    @Test
    void theRouterIsToldNothingOfAReplicaWithoutLabels() {
        var shown = ReplayPool.of("shown", "h200=1,cpu=1");
        var hidden = new ReplayPool(
                "hidden",
                List.of(shown.replicas().get(0).unlabelled(), shown.replicas().get(1)),
                shown.model(),
                shown.modelName(),
                1,
                List.of());
        var workload = Traffic.exactly(ReplayRequest.alone(0, 0, PromptShape.EMPTY.then(1, 4000), 2, 100));

        var known = new ReplayRun(shown, workload, Arms.named("kvasir"), 1, 1, ReplaySettings.DEFAULT).run();
        var unknown = new ReplayRun(hidden, workload, Arms.named("kvasir"), 1, 1, ReplaySettings.DEFAULT).run();

        // it counts as the only class that is known here, a CPU
        assertThat(unknown.requests().getFirst().predictedTtftSeconds())
                .isGreaterThan(5 * known.requests().getFirst().predictedTtftSeconds());
    }

    @Test
    void theInformedGreedyRegretsNothingAndWhoTakesTurnsDoes() {
        var pool = ReplayPool.of("mixed", "h200=1,h100=1,mig-1g=1");
        var workload = Traffic.sharedPrefixes(120, 6);
        var settings = ReplaySettings.DEFAULT.withOracle();

        var informed = new ReplayRun(pool, workload, Arms.named("informed-greedy"), 2, 5, settings).run();
        var inTurn = new ReplayRun(pool, workload, Arms.named("round-robin"), 2, 5, settings).run();

        assertThat(informed.requests()).allMatch(r -> Math.abs(r.regretSeconds()) < 1e-9);
        assertThat(inTurn.requests()).allMatch(r -> r.regretSeconds() >= 0);
        assertThat(inTurn.requests().stream()
                        .mapToDouble(RequestResult::regretSeconds)
                        .sum())
                .isGreaterThan(10);
    }

    @Test
    void anAnswerIsNotLongerThanTheLimitOfItsClient() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new ReplayRequest(0, -1, -1, 0, 0, PromptShape.EMPTY.then(1, 10), 2, 20, 10, "", "chat", null))
                .withMessage("request 0 puts out 20 tokens, more than its limit 10");
    }
}
