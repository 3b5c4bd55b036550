package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.sim.engine.Sequence.State;
import org.junit.jupiter.api.Test;

class EngineTest {
    private static double seconds(long nanos) {
        return nanos / 1e9;
    }

    @Test
    void theFirstTokenOfALonePromptTakesOnePrefillStep() {
        var sim = EngineFixture.roomy();
        var one = sim.submit(1, 4000, 3);
        sim.finishAll();

        assertThat(seconds(one.tokensAt.getFirst())).isCloseTo(sim.cost.prefillSeconds(4000, 0), within(1e-8));
        assertThat(one.finished).isTrue();
    }

    @Test
    void laterTokensOfALonePromptTakeOneDecodeStepEach() {
        var sim = EngineFixture.roomy();
        var one = sim.submit(1, 4000, 3);
        sim.finishAll();

        assertThat(seconds(one.tokensAt.get(1) - one.tokensAt.get(0)))
                .isCloseTo(sim.cost.decodeSeconds(1, 4000), within(1e-8));
        assertThat(seconds(one.tokensAt.get(2) - one.tokensAt.get(1)))
                .isCloseTo(sim.cost.decodeSeconds(1, 4001), within(1e-8));
    }

    @Test
    void publishedFiguresOfASingleRequestAreNear() {
        var cost = new StepCost(EngineFixture.H100, EngineFixture.PROFILES.model());

        assertThat(cost.decodeSeconds(1, 200)).isBetween(0.0044, 0.0062);
        assertThat(8000 / cost.prefillSeconds(8000, 0)).isBetween(40_000.0, 60_000.0);
    }

    @Test
    void aPromptLongerThanTheBudgetIsComputedInChunks() {
        var sim = new EngineFixture(4096, 1024, 64, 32_768);
        var one = sim.submit(1, 2500, 1);
        sim.finishAll();

        double chunks = sim.cost.prefillSeconds(1024, 0)
                + sim.cost.prefillSeconds(1024, 1024)
                + sim.cost.prefillSeconds(452, 2048);
        assertThat(seconds(one.tokensAt.getFirst())).isCloseTo(chunks, within(1e-8));
    }

    @Test
    void aRunningDecodeGetsItsTokenInEveryStepOfAnothersPrefill() {
        var sim = new EngineFixture(4096, 1024, 64, 32_768);
        var decoding = sim.submit(1, 100, 50);
        sim.step();
        var prefilling = sim.submit(2, 5000, 1);
        int before = decoding.tokensAt.size();
        while (prefilling.tokensAt.isEmpty()) {
            sim.step();
        }

        // the step under way at submission, then 1023 tokens of prompt beside each decode
        assertThat(decoding.tokensAt.size() - before).isEqualTo(1 + 5);
    }

    @Test
    void aCachedPrefixIsNotComputedAgain() {
        var sim = EngineFixture.roomy();
        sim.submit(1, 4000, 1);
        sim.finishAll();
        long start = sim.now;
        var again = sim.submit(1, 4100, 1);
        sim.finishAll();

        assertThat(again.sequence().cachedTokens()).isEqualTo(4000);
        assertThat(seconds(again.tokensAt.getFirst() - start))
                .isCloseTo(sim.cost.prefillSeconds(100, 4000), within(1e-8));
    }

    @Test
    void theLastTokenOfAFullyCachedPromptIsComputed() {
        var sim = EngineFixture.roomy();
        sim.submit(1, 64, 1);
        sim.finishAll();
        var again = sim.submit(1, 64, 1);
        sim.finishAll();

        assertThat(again.sequence().cachedTokens()).isEqualTo(48);
    }

    @Test
    void promptsOfOneStepShareBlocks() {
        var sim = EngineFixture.roomy();
        sim.submit(9, 10, 5);
        var first = sim.submit(1, 160, 1);
        var second = sim.submit(1, 160, 1);
        sim.finishAll();

        assertThat(first.sequence().cachedTokens()).isZero();
        assertThat(second.sequence().cachedTokens()).isEqualTo(144);
    }

    @Test
    void waitingSequencesAreAdmittedInOrderOfArrival() {
        var sim = new EngineFixture(64, 8192, 1, 512);
        var first = sim.submit(1, 100, 2);
        var second = sim.submit(2, 100, 2);
        var third = sim.submit(3, 100, 2);

        assertThat(sim.engine.running()).isEqualTo(1);
        assertThat(sim.engine.waiting()).isEqualTo(2);
        sim.finishAll();
        assertThat(first.tokensAt.getLast()).isLessThan(second.tokensAt.getFirst());
        assertThat(second.tokensAt.getLast()).isLessThan(third.tokensAt.getFirst());
    }

    @Test
    void aSequenceWaitsUntilBlocksAreFree() {
        var sim = new EngineFixture(10, 8192, 8, 160);
        sim.submit(1, 90, 3);
        var second = sim.submit(2, 90, 3);
        sim.step();

        assertThat(second.sequence().state()).isEqualTo(State.WAITING);
        sim.finishAll();
        assertThat(second.finished).isTrue();
    }

    @Test
    void theYoungestIsPreemptedAndComputedAgainWhenBlocksRunOut() {
        var sim = new EngineFixture(10, 8192, 8, 160);
        var old = sim.submit(1, 70, 80);
        var young = sim.submit(2, 70, 60);
        sim.finishAll();

        assertThat(sim.engine.stats().preemptions()).isPositive();
        assertThat(old.sequence().preemptions()).isZero();
        assertThat(young.sequence().preemptions()).isPositive();
        assertThat(old.tokensAt).hasSize(80);
        assertThat(young.tokensAt).hasSize(60);
        assertThat(sim.engine.freeBlocks()).isEqualTo(10);
    }

    @Test
    void anAbortedSequenceFreesItsBlocksAtOnceAndSaysNothingMore() {
        var sim = EngineFixture.roomy();
        var one = sim.submit(1, 1000, 50);
        sim.step();
        int tokens = one.tokensAt.size();
        sim.abort(one);

        assertThat(sim.engine.freeBlocks()).isEqualTo(4096);
        assertThat(sim.engine.running()).isZero();
        sim.finishAll();
        assertThat(one.tokensAt).hasSize(tokens);
        assertThat(one.finished).isFalse();
        assertThat(sim.engine.stats().aborted()).isEqualTo(1);
        sim.abort(one);
        assertThat(sim.engine.stats().aborted()).isEqualTo(1);
    }

    @Test
    void stepsThatAreLateKeepTheirOwnTimes() {
        var punctual = EngineFixture.roomy();
        var expected = punctual.submit(1, 500, 20);
        punctual.finishAll();

        var late = EngineFixture.roomy();
        var one = late.submit(1, 500, 20);
        late.engine.step(3_000_000_000L);
        assertThat(one.tokensAt).isEqualTo(expected.tokensAt);
    }

    @Test
    void aSuspendedEngineAcceptsAndGoesOnWhereItWas() {
        var sim = EngineFixture.roomy();
        var one = sim.submit(1, 500, 2);
        sim.engine.suspend();
        var two = sim.submit(2, 500, 2);
        sim.engine.step(60_000_000_000L);
        assertThat(one.tokensAt).isEmpty();
        assertThat(sim.engine.due()).isEqualTo(Engine.NEVER);

        sim.now = 70_000_000_000L;
        sim.engine.resume(sim.now);
        sim.finishAll();
        assertThat(one.finished).isTrue();
        assertThat(two.finished).isTrue();
        assertThat(one.tokensAt.getFirst()).isEqualTo(70_000_000_000L);
    }

    @Test
    void aSlowedEngineTakesLongerByTheFactor() {
        var sim = EngineFixture.roomy();
        sim.engine.slowDown(3);
        var one = sim.submit(1, 500, 1);
        sim.finishAll();

        assertThat(seconds(one.tokensAt.getFirst())).isCloseTo(3 * sim.cost.prefillSeconds(500, 0), within(1e-8));
    }

    @Test
    void aDroppedCacheIsNotFoundAgain() {
        var sim = EngineFixture.roomy();
        sim.submit(1, 1000, 1);
        sim.finishAll();
        sim.engine.dropCache();
        assertThat(sim.engine.cachedBlocks()).isZero();
        var again = sim.submit(1, 1000, 1);
        sim.finishAll();

        assertThat(again.sequence().cachedTokens()).isZero();
    }

    @Test
    void whatCannotFitIsRefused() {
        var sim = new EngineFixture(64, 8192, 8, 512);

        assertThatThrownBy(() -> sim.submit(1, 500, 13)).hasMessageContaining("512");
        assertThatThrownBy(() -> new EngineLimits(16, 31, 8192, 8, 512)).hasMessageContaining("496");
    }
}
