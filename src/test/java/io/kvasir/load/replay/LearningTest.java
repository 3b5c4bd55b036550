package io.kvasir.load.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.load.replay.arm.Arms;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** What the default learns of replicas while it routes, in virtual time. */
class LearningTest {
    private static final ReplayPool MIXED = ReplayPool.of("mixed", "h200=2,mi350x=2,h100=2");
    private static final ReplayPool ALIKE = ReplayPool.of("alike", "h200=4");

    /** Poisson arrivals of prompts that share nothing. */
    private static ReplayWorkload unique(int count, int longest) {
        return Traffic.of((seed, rate) -> {
            var random = new SplittableRandom(seed);
            var requests = new ArrayList<ReplayRequest>();
            double at = 0;
            for (int id = 0; id < count; id++) {
                at -= Math.log(1 - random.nextDouble()) / rate;
                int tokens = (int) Math.exp(random.nextDouble(5, Math.log(longest)));
                requests.add(ReplayRequest.alone(
                        id,
                        at,
                        PromptShape.EMPTY.then(1_000_000L + id, tokens),
                        2_000_000L + id,
                        40 + random.nextInt(240)));
            }
            return requests;
        });
    }

    private static List<RequestResult> run(ReplayPool pool, ReplayWorkload workload, long seed, double rate) {
        return new ReplayRun(pool, workload, Arms.named("kvasir"), seed, rate, ReplaySettings.DEFAULT)
                .run()
                .requests();
    }

    private static double quantile(List<RequestResult> results, double q, ToDoubleFunction<RequestResult> of) {
        double[] sorted = results.stream().mapToDouble(of).sorted().toArray();
        return sorted[(int) (q * sorted.length)];
    }

    private static double error(RequestResult result) {
        return Math.abs(result.predictedTtftSeconds() / result.ttftSeconds() - 1);
    }

    private static double share(List<RequestResult> results, int replica, double from, double until) {
        var then = results.stream()
                .filter(r -> r.arrivalSeconds() >= from && r.arrivalSeconds() < until)
                .toList();
        return (double) then.stream().filter(r -> r.replica() == replica).count() / then.size();
    }

    @Test
    void aCatalogueThatIsWrongByTwoInRandomDirectionsIsPutRightWithinFiveHundredRequests() {
        double told = 0;
        double wrong = 0;
        for (long seed = 1; seed <= 3; seed++) {
            var right = run(MIXED, unique(1000, 16_000), seed, 25).subList(500, 1000);
            var learned =
                    run(MIXED.distorted(2), unique(1000, 16_000), seed, 25).subList(500, 1000);
            assertThat(quantile(learned, 0.5, LearningTest::error)).isLessThan(0.15);
            told += Math.log(quantile(right, 0.9, RequestResult::ttftSeconds));
            wrong += Math.log(quantile(learned, 0.9, RequestResult::ttftSeconds));
        }

        assertThat(Math.exp((wrong - told) / 3)).isLessThan(1.1);
    }

    /** A chat of many short prompts: at most times one is computed along with the answers of dozens. */
    private static ReplayWorkload busy(int count) {
        return Traffic.of((seed, rate) -> {
            var random = new SplittableRandom(seed);
            var requests = new ArrayList<ReplayRequest>();
            double at = 0;
            for (int id = 0; id < count; id++) {
                at -= Math.log(1 - random.nextDouble()) / rate;
                requests.add(ReplayRequest.alone(
                        id,
                        at,
                        PromptShape.EMPTY.then(1_000_000L + id, 20 + random.nextInt(2_500)),
                        2_000_000L + id,
                        150 + random.nextInt(300)));
            }
            return requests;
        });
    }

    @Test
    void ratesThatAreRightStayRightWhereMostStepsTakeChunksOfPrompts() {
        var results = run(MIXED, busy(4000), 1, 70).subList(2000, 4000);

        assertThat(quantile(results, 0.5, LearningTest::error)).isLessThan(0.15);
        assertThat(quantile(results, 0.5, r -> Math.abs(Math.log(r.predictedE2eSeconds() / r.e2eSeconds()))))
                .isLessThan(Math.log(1.6));
    }

    /** The pool with two more replicas of a device, of which the router may be told nothing. */
    private static ReplayPool with(String device, boolean told) {
        var replicas = new ArrayList<>(MIXED.replicas());
        for (int i = 0; i < 2; i++) {
            var replica = ReplayReplica.of("new-" + i, device);
            replicas.add(told ? replica : replica.unlabelled());
        }
        return new ReplayPool("new", replicas, MIXED.model(), MIXED.modelName(), 1, List.of());
    }

    @Test
    void hardwareThatNobodyKnowsIsKnownAfterAThousandRequests() {
        double told = 0;
        double untold = 0;
        for (String device : List.of("h100", "mi300x", "b200")) {
            var right = run(with(device, true), unique(2000, 16_000), 1, 35).subList(1000, 2000);
            var learned = run(with(device, false), unique(2000, 16_000), 1, 35).subList(1000, 2000);
            var there = learned.stream()
                    .filter(result -> result.replica() >= MIXED.replicas().size())
                    .toList();

            assertThat(there).as(device).hasSizeGreaterThan(50);
            assertThat(quantile(there, 0.5, LearningTest::error)).as(device).isLessThan(0.15);
            told += Math.log(quantile(right, 0.9, RequestResult::ttftSeconds));
            untold += Math.log(quantile(learned, 0.9, RequestResult::ttftSeconds));
        }

        assertThat(Math.exp((untold - told) / 3)).isLessThan(1.1);
    }

    @Test
    void aReplicaThatTakesThreeTimesAsLongLosesItsTrafficInTwentySecondsAndHasItBackInThirty() {
        var slow = ALIKE.withSlowdowns(List.of(new Slowdown(1, 60, 150, 3)));

        var results = run(slow, unique(5000, 4000), 5, 20);

        assertThat(share(results, 1, 30, 60)).isBetween(0.2, 0.3);
        assertThat(share(results, 1, 80, 150)).isLessThan(0.1);
        assertThat(share(results, 1, 180, 240)).isBetween(0.18, 0.32);
    }

    @Test
    void oneThatFlapsIsNotTrustedAtOnce() {
        var times = new ArrayList<Slowdown>();
        for (int i = 0; i < 5; i++) {
            times.add(new Slowdown(1, 60 + 40 * i, 80 + 40 * i, 3));
        }

        var results = run(ALIKE.withSlowdowns(times), unique(6000, 4000), 5, 20);

        assertThat(share(results, 1, 240, 260)).isLessThan(0.5 * share(results, 1, 80, 100) + 0.05);
    }
}
