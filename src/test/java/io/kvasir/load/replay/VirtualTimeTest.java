package io.kvasir.load.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.load.replay.arm.Arms;
import io.kvasir.sim.engine.HardwareProfiles;
import io.kvasir.sim.engine.StepCost;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private static final ReplayPool MIXED = ReplayPool.of("mixed", "h200=1,mi350x=1,h100=1,mig-1g=1");

    private static ReplayRun run(ReplayPool pool, ReplayWorkload workload, String arm, long seed, double rate) {
        return new ReplayRun(pool, workload, Arms.named(arm), seed, rate, ReplaySettings.DEFAULT);
    }

    @Test
    void twoRunsOfOneSeedAreTheSameToTheBitAndAnotherSeedIsNot() {
        var workload = Traffic.sharedPrefixes(300, 12);

        var one = run(MIXED, workload, "kvasir", 7, 8).run();
        var again = run(MIXED, workload, "kvasir", 7, 8).run();
        var other = run(MIXED, workload, "kvasir", 8, 8).run();

        assertThat(again.digest()).isEqualTo(one.digest()).isNotEqualTo(other.digest());
        assertThat(again.requests()).isEqualTo(one.requests());
        assertThat(again.replicas()).isEqualTo(one.replicas());
        assertThat(again.gaps().quantile(0.99)).isEqualTo(one.gaps().quantile(0.99));
    }

    @Test
    void allRequestsAreAnsweredAndEveryTokenIsCounted() {
        var workload = Traffic.conversations(30, 4);

        var result = run(MIXED, workload, "kvasir", 3, 6).run();

        assertThat(result.requests()).hasSize(120).allMatch(RequestResult::complete);
        assertThat(result.decisions()).isEqualTo(120);
        long output = workload.requests(3, 6).stream()
                .mapToLong(ReplayRequest::outputTokens)
                .sum();
        assertThat(result.replicas().stream()
                        .mapToLong(ReplicaResult::outputTokens)
                        .sum())
                .isEqualTo(output);
        assertThat(result.gaps().count()).isEqualTo(output - 120);
        assertThat(result.replicas().stream().mapToInt(ReplicaResult::requests).sum())
                .isEqualTo(120);
    }

    private static ReplayRequest[] apart(@Nullable Slo slo) {
        return IntStream.range(0, 40)
                .mapToObj(i -> new ReplayRequest(
                        i, i, -1, 2 + 5 * i, 0, PromptShape.EMPTY.then(1 + i, 3200), 50, 64, 0, "", "chat", slo))
                .toArray(ReplayRequest[]::new);
    }

    @Test
    void onlyArmsThatReadItAreToldHowFastIsFastEnough() {
        var lenient = Traffic.exactly(apart(new Slo(60, 2)));
        var silent = Traffic.exactly(apart(null));

        assertThat(run(MIXED, lenient, "kvasir", 7, 1).run().replicas())
                .isEqualTo(run(MIXED, silent, "kvasir", 7, 1).run().replicas());
        assertThat(run(MIXED, lenient, "kvasir-slo", 7, 1).run().replicas())
                .as("the slice is fast enough, and cheapest")
                .extracting(ReplicaResult::requests)
                .containsExactly(0, 0, 0, 40);
    }

    @Test
    void aTurnComesWhenTheOneBeforeHasEndedAndItsUserHasThoughtAndFindsThatAnswerInTheCache() {
        var first = PromptShape.EMPTY.then(1, 320);
        var workload = Traffic.exactly(
                new ReplayRequest(0, 0, -1, 2, 0, first, 50, 64, 0, "", "chat", null),
                new ReplayRequest(1, 0, 0, 0, 3, first.then(50, 64).then(2, 32), 51, 10, 0, "", "chat", null));

        var result =
                run(ReplayPool.of("one", "h100=1"), workload, "kvasir", 1, 1).run();

        var turn = result.requests().get(0);
        var next = result.requests().get(1);
        assertThat(turn.arrivalSeconds()).isEqualTo(2);
        assertThat(next.arrivalSeconds()).isCloseTo(2 + turn.e2eSeconds() + 3, within(1e-6));
        // the last token of an answer is never computed over, so that its block is not in the cache
        assertThat(next.cachedTokens()).isEqualTo(320 + 48);
        assertThat(next.idealCachedTokens()).isEqualTo(320 + 64);
        assertThat(turn.idealCachedTokens()).isZero();
    }

    @Test
    void aRequestAloneTakesWhatItsStepsTake() {
        var workload = Traffic.exactly(ReplayRequest.alone(0, 0, PromptShape.EMPTY.then(1, 4000), 2, 3));
        var settings = new ReplaySettings(0.05, 1, 0, 600, 0, false, false);
        var pool = ReplayPool.of("one", "h200=1");

        var result = new ReplayRun(pool, workload, Arms.named("kvasir"), 1, 1, settings).run();

        var profiles = HardwareProfiles.load();
        var cost = new StepCost(Objects.requireNonNull(profiles.devices().get("h200")), profiles.model());
        var only = result.requests().getFirst();
        assertThat(only.ttftSeconds()).isCloseTo(cost.prefillSeconds(4000, 0), within(1e-8));
        assertThat(only.e2eSeconds() - only.ttftSeconds())
                .isCloseTo(cost.decodeSeconds(1, 4000) + cost.decodeSeconds(1, 4001), within(1e-8));
        assertThat(result.replicas().getFirst().steps()).isEqualTo(3);
    }

    @Test
    void routersThatShareAPoolTakeTurnsAndLearnOfEachOtherFromPages() {
        var requests = new ArrayList<ReplayRequest>();
        for (int i = 0; i < 240; i++) {
            requests.add(ReplayRequest.alone(i, i * 0.05, PromptShape.EMPTY.then(1 + i, 2_000), 1_000 + i, 200));
        }
        var workload = Traffic.exactly(requests.toArray(ReplayRequest[]::new));
        var pool = ReplayPool.of("two", "h100=2");
        var settings = ReplaySettings.DEFAULT.withRouters(3);

        var result = new ReplayRun(pool, workload, Arms.named("kvasir"), 1, 1, settings).run();
        var again = new ReplayRun(pool, workload, Arms.named("kvasir"), 1, 1, settings).run();

        assertThat(result.requests()).allMatch(RequestResult::complete).isEqualTo(again.requests());
        assertThat(result.replicas()).allMatch(replica -> replica.requests() > 80);
        assertThatThrownBy(() -> settings.withRouters(0)).hasMessageContaining("routers: bad value \"0\"");
    }

    @Test
    void aRequestThatNobodyCanHoldIsRefusedAndWhatWaitsForItGoesOn() {
        var huge = PromptShape.EMPTY.then(1, 200_000);
        var workload = Traffic.exactly(
                new ReplayRequest(0, 0, -1, 0, 0, huge, 2, 10, 0, "", "huge", null),
                new ReplayRequest(1, 0, 0, 0, 1, PromptShape.EMPTY.then(3, 100), 4, 10, 0, "", "chat", null));

        var result =
                run(ReplayPool.of("one", "h100=1"), workload, "kvasir", 1, 1).run();

        assertThat(result.requests().get(0).replica()).isEqualTo(-1);
        assertThat(result.requests().get(0).complete()).isFalse();
        assertThat(result.requests().get(1).complete()).isTrue();
    }

    @Test
    void aReplicaThatIsSlowForATimeTakesLongerThen() {
        var workload = Traffic.exactly(
                ReplayRequest.alone(0, 1, PromptShape.EMPTY.then(1, 1000), 2, 50),
                ReplayRequest.alone(1, 100, PromptShape.EMPTY.then(3, 1000), 4, 50));
        var pool = ReplayPool.of("one", "h100=1").withSlowdowns(List.of(new Slowdown(0, 50, 150, 3)));

        var result = run(pool, workload, "kvasir", 1, 1).run();

        double fast = result.requests().get(0).e2eSeconds();
        assertThat(result.requests().get(1).e2eSeconds()).isCloseTo(3 * fast, within(0.01 * fast));
    }

    @Test
    void aDeviceSharedByTwoIsHalfAsFast() {
        var workload = Traffic.exactly(ReplayRequest.alone(0, 0, PromptShape.EMPTY.then(1, 4000), 2, 50));
        var whole = ReplayPool.of("whole", "h100=1");
        var half = new ReplayPool(
                "half",
                List.of(ReplayReplica.of("a", "h100").shared(2)),
                whole.model(),
                whole.modelName(),
                1,
                List.of());

        double alone =
                run(whole, workload, "kvasir", 1, 1).run().requests().getFirst().e2eSeconds();
        double shared =
                run(half, workload, "kvasir", 1, 1).run().requests().getFirst().e2eSeconds();

        assertThat(shared).isCloseTo(2 * alone, within(0.01 * alone));
    }

    @Test
    void aPauseLongerThanTheTimeToDrainEndsNoRun() {
        var workload = Traffic.exactly(
                ReplayRequest.alone(0, 0, PromptShape.EMPTY.then(1, 100), 2, 10),
                ReplayRequest.alone(1, 700, PromptShape.EMPTY.then(3, 100), 4, 10),
                new ReplayRequest(2, 0, 1, 0, 700, PromptShape.EMPTY.then(5, 100), 6, 10, 0, "", "chat", null));

        var result =
                run(ReplayPool.of("one", "h100=1"), workload, "kvasir", 1, 1).run();

        assertThat(result.requests()).hasSize(3).allMatch(RequestResult::complete);
    }

    @Test
    void requestsOfTheWarmUpAreServedAndNotInTheResult() {
        var workload = Traffic.sharedPrefixes(100, 4);
        var settings = ReplaySettings.DEFAULT.withWarmUp(5);

        var result = new ReplayRun(MIXED, workload, Arms.named("kvasir"), 1, 10, settings).run();

        assertThat(result.requests()).hasSizeLessThan(80).allMatch(r -> r.arrivalSeconds() >= 5);
        assertThat(result.replicas().stream().mapToInt(ReplicaResult::requests).sum())
                .isEqualTo(100);
    }

    @Test
    void namesOfDevicesThatNobodyKnowsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReplayPool.of("bad", "h900=1"))
                .withMessageStartingWith("pool: bad value \"h900=1\"; allowed: DEVICE=COUNT with one of h100, h200");
    }
}
