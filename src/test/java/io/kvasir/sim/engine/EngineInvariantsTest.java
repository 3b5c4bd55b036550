package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.sim.engine.Sequence.State;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineInvariantsTest {
    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "3, 0", "4, 0", "5, 0", "6, 64", "7, 100"})
    void nothingLeaksOrStarvesUnderRandomLoad(long seed, int window) {
        var random = new SplittableRandom(seed);
        var sim = new EngineFixture(64, 256, 6, 512, window);
        var all = new ArrayList<EngineFixture.Recorder>();
        for (int op = 0; op < 3000; op++) {
            switch (random.nextInt(6)) {
                case 0 -> all.add(sim.submit(random.nextInt(8), 1 + random.nextInt(400), 1 + random.nextInt(100)));
                case 1 -> {
                    if (!all.isEmpty() && random.nextInt(4) == 0) {
                        sim.abort(all.get(random.nextInt(all.size())));
                    }
                }
                default -> {
                    if (sim.engine.due() != Engine.NEVER) {
                        sim.step();
                    }
                }
            }
            assertThat(sim.engine.freeBlocks()).isBetween(0, 64);
            assertThat(sim.engine.running()).isLessThanOrEqualTo(6);
            assertThat(sim.engine.kvUsage()).isBetween(0.0, 1.0);
        }
        sim.finishAll();

        assertThat(sim.engine.freeBlocks()).isEqualTo(64);
        assertThat(sim.engine.running()).isZero();
        assertThat(sim.engine.waiting()).isZero();
        for (var one : all) {
            var sequence = one.sequence();
            assertThat(sequence.state()).isIn(State.FINISHED, State.ABORTED);
            if (sequence.state() == State.FINISHED) {
                assertThat(one.tokensAt).hasSize(sequence.output().tokens()).isSorted();
            }
        }
        var stats = sim.engine.stats();
        assertThat(stats.finishedAtLength() + stats.finishedAtStop() + stats.aborted())
                .isEqualTo(all.size());
        assertThat(stats.preemptions()).isPositive();
        assertThat(stats.promptCached()).isPositive();
    }
}
