package io.kvasir.load.replay.arm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayArm;
import io.kvasir.load.replay.ReplayPool;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayRun;
import io.kvasir.load.replay.ReplaySettings;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.load.replay.Traffic;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each arm's formula on an example worked by hand, and all of them in a run. */
class ArmsTest {
    private static final ReplayPool MIXED = ReplayPool.of("mixed", "h200=1,mi350x=1,h100=1,mig-1g=1");

    @TestFactory
    Stream<DynamicTest> everyArmAnswersAllRequestsTheSameWayTwice() {
        return Arms.all().stream()
                .map(arm -> DynamicTest.dynamicTest(arm.name(), () -> {
                    var run = new ReplayRun(MIXED, Traffic.conversations(12, 3), arm, 5, 10, ReplaySettings.DEFAULT);

                    var one = run.run();

                    assertThat(one.requests()).hasSize(36).allMatch(RequestResult::complete);
                    assertThat(run.run().digest()).isEqualTo(one.digest());
                    assertThat(arm.source()).isNotBlank();
                }));
    }

    @Test
    void armsAreFoundByNameAndAWrongOneNamesThem() {
        assertThat(Arms.all().stream().map(ReplayArm::name)).doesNotHaveDuplicates();
        assertThat(Arms.named("lmetric").source()).contains("2603.15202");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arms.named("best"))
                .withMessageStartingWith("arm: bad value \"best\"; allowed: kvasir, ");
    }

    @Test
    void requestsWaitAsTheProgramHasThemWithItsOwnArmsAloneAndNotWhereItIsToldOtherwise() {
        assertThat(Arms.all().stream().filter(arm -> arm.flow() != null).map(ReplayArm::name))
                .contains("kvasir", "kvasir-slo", "kvasir-affinity", "kvasir-decode-0.3")
                .doesNotContain("kvasir-unheld")
                .allMatch(name -> name.startsWith("kvasir"));
        var run = new ReplayRun(MIXED, Traffic.conversations(1, 1), Arms.named("kvasir"), 1, 1, ReplaySettings.DEFAULT);
        assertThat(run.flow()).isEqualTo(FlowSettings.DEFAULT);
    }

    @Test
    void theInformedGreedySendsNoPromptToASliceThatIsSlow() {
        var run = new ReplayRun(
                ReplayPool.of("two", "h200=1,mig-1g=1"),
                Traffic.exactly(ReplayRequest.alone(0, 0, PromptShape.EMPTY.then(1, 8000), 2, 100)),
                Arms.named("informed-greedy"),
                1,
                1,
                ReplaySettings.DEFAULT.withOracle());

        var only = run.run().requests().getFirst();

        assertThat(only.replica()).isZero();
        assertThat(only.oracleReplica()).isZero();
        assertThat(only.regretSeconds()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"least-load", "dynamo", "dynamo-two-tier", "smg-cache-aware", "aibrix-prefix-cache", "preble"})
    void chanceDecidesBetweenReplicasThatARuleHasAlike(String arm) {
        var idle = ReplayPool.of("idle", "h100=4");
        var one = Traffic.exactly(ReplayRequest.alone(0, 0, PromptShape.EMPTY.then(1, 1000), 2, 5));

        assertThat(LongStream.rangeClosed(1, 12)
                        .mapToObj(seed -> new ReplayRun(idle, one, Arms.named(arm), seed, 1, ReplaySettings.DEFAULT)
                                .run()
                                .requests()
                                .getFirst()
                                .replica())
                        .distinct())
                .hasSizeGreaterThan(1);
    }

    @Test
    void llmDSticksToAHolderUntilItIsEighteenSecondsBehindAtOneRateForAll() {
        assertThat(StickyUntilSaturated.sticks(286_704, 0)).isTrue(); // 18 s * 15,928 tokens/s
        assertThat(StickyUntilSaturated.sticks(286_705, 0)).isFalse();
        assertThat(StickyUntilSaturated.sticks(Double.POSITIVE_INFINITY, 0)).isFalse();
        assertThat(StickyUntilSaturated.sticks(1e9, Double.POSITIVE_INFINITY)).isTrue();
    }

    /** The example of Dynamo's router concepts: 8 + 10, 5 + 5 and 2 + 9 blocks. */
    @Test
    void dynamoAddsPrefillAndDecodeBlocks() {
        assertThat(DynamoCost.blocks(10, 2, 10)).isEqualTo(18);
        assertThat(DynamoCost.blocks(10, 5, 5)).isEqualTo(10);
        assertThat(DynamoCost.blocks(10, 8, 9)).isEqualTo(11);
        assertThat(DynamoCost.blocks(3, 8, 9)).isEqualTo(9);
    }

    /** The cases that the policy's own tests have: prompts of ten blocks. */
    @Test
    void dynamosTwoTiersAreLoadWhereItIsFarApartElseTheCache() {
        assertThat(twoTier(0, 0, 6, 4)).isEqualTo(1);
        assertThat(twoTier(0, 0, 5, 4)).isZero();
        assertThat(twoTier(0, 0, 10, 40)).isZero();
        assertThat(twoTier(0, 640, 10, 704)).isEqualTo(1);
        assertThat(twoTier(0, 640, 10, 705)).isZero();
    }

    private static int twoTier(double overlapA, double loadA, double overlapB, double loadB) {
        return DynamoTwoTier.choose(new double[] {overlapA, overlapB}, new double[] {loadA, loadB}, 2, 10);
    }

    @Test
    void smgTakesTheLongestMatchFromThreeTenthsOnElseTheSmallestTree() {
        double[] idle = {0, 0, 0};
        assertThat(SmgCacheAware.choose(new double[] {0.1, 0.3, 0}, idle, new double[] {9, 9, 5}))
                .isEqualTo(1);
        assertThat(SmgCacheAware.choose(new double[] {0.1, 0.29, 0}, idle, new double[] {9, 9, 5}))
                .isEqualTo(2);
    }

    @Test
    void smgGivesWayToTheLeastLoadedOnlyFarOverTheMean() {
        double[] match = {0.9, 0, 0};
        double[] tree = {9, 9, 9};
        // mean 40: 80 over it, and 3 times
        assertThat(SmgCacheAware.choose(match, new double[] {120, 0, 0}, tree)).isEqualTo(1);
        // mean 32: 64 over it is not more than 64
        assertThat(SmgCacheAware.choose(match, new double[] {96, 0, 0}, tree)).isZero();
        // mean 233: 67 over it, but not 1.5 times
        assertThat(SmgCacheAware.choose(match, new double[] {300, 200, 199}, tree))
                .isZero();
    }

    @Test
    void smgsLeastLoadIsSecondsOfItsThroughputAndAPriceOfAFullCache() {
        // 3 wait at 1,024 tokens each and 928 were sent since: 4,000 / 2,000 s, and 0.15 * 0.5 / 0.5
        assertThat(SmgLeastLoad.seconds(3 * 1024, 928, 0.5)).isCloseTo(2.15, within(1e-12));
        assertThat(SmgLeastLoad.seconds(0, 0, 1)).isFinite();
    }

    @Test
    void aibrixTakesTheBestMatchWithinADeviationOfTheMeanUnlessLoadIsSpread() {
        // mean 3, deviation 1.63: 5 is too many
        assertThat(AibrixPrefixCache.choose(new double[] {100, 50, 0}, new double[] {5, 3, 1}))
                .isEqualTo(1);
        assertThat(AibrixPrefixCache.choose(new double[] {100, 50, 0}, new double[] {4, 4, 1}))
                .isZero();
        assertThat(AibrixPrefixCache.choose(new double[] {100, 50, 0}, new double[] {9, 3, 0}))
                .isEqualTo(2);
        assertThat(AibrixPrefixCache.choose(new double[] {0, 0, 0}, new double[] {2, 1, 2}))
                .isEqualTo(1);
    }

    @Test
    void prebleExploitsWhereMoreIsHeldThanMissingAndExploresElse() {
        // 600 of 1,000 held: the holder, though another one is idle
        assertThat(Preble.choose(new double[] {600, 0}, new double[] {1.0, 0.9}, 1000))
                .isZero();
        // 500 of 1,000 held: 1 + 500 / 15,928 s against 0.9 + 1,000 / 15,928 s
        assertThat(Preble.choose(new double[] {500, 0}, new double[] {1.0, 0.9}, 1000))
                .isEqualTo(1);
        // the holder has 1.5 times the work of the other
        assertThat(Preble.choose(new double[] {900, 0}, new double[] {1.5, 1.0}, 1000))
                .isEqualTo(1);
    }

    @Test
    void lmetricMultipliesTokensByBatch() {
        assertThat(LMetric.product(1000, 500, 3)).isEqualTo(6000);
        assertThat(LMetric.product(0, 500, 0)).isEqualTo(500);
    }

    @Test
    void justEnoughTakesTheSlowestThatIsInTimeThenTheFullestElseTheSoonest() {
        double slow = JustEnough.price(1.9, 0.04, 2, 0.05, 0.3, 0);
        double fast = JustEnough.price(0.2, 0.01, 2, 0.05, 1.0, 0);
        double fuller = JustEnough.price(0.2, 0.01, 2, 0.05, 1.0, 5);
        double late = JustEnough.price(2.1, 0.04, 2, 0.05, 0.1, 0);
        double later = JustEnough.price(9, 0.01, 2, 0.05, 0.1, 0);

        assertThat(slow).isLessThan(fuller);
        assertThat(fuller).isLessThan(fast);
        assertThat(fast).isLessThan(late);
        assertThat(late).isLessThan(later);
    }

    @Test
    void theRegressionFindsTheWeightsThatMadeWhatItSaw() {
        var model = new LeastSquares(3, 0.999);
        var random = new SplittableRandom(1);
        for (int i = 0; i < 500; i++) {
            double[] x = {1, random.nextDouble(), random.nextDouble()};
            model.learn(x, 0.5 + 2 * x[1] - 3 * x[2]);
        }

        assertThat(model.predict(new double[] {1, 0.25, 0.5})).isCloseTo(-0.5, within(1e-3));
    }
}
