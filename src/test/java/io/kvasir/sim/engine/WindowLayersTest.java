package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Half of the layers look back over 64 tokens: four blocks of 16 before the next token. */
class WindowLayersTest {
    private static final int WINDOW = 64;

    private final List<Long> removed = new ArrayList<>();
    private final List<Long> removedFromWindow = new ArrayList<>();

    private EngineFixture engine(int blocks) {
        var sim = new EngineFixture(blocks, 512, 8, 512, WINDOW);
        sim.engine.listen(new CacheListener() {
            @Override
            public void removed(long hash) {
                removed.add(hash);
            }

            @Override
            public void removedFromWindow(long hash) {
                removedFromWindow.add(hash);
            }
        });
        return sim;
    }

    @Test
    void blocksThatTheWindowHasPassedAreGivenBackWhileTheSequenceRuns() {
        var sim = engine(128);
        sim.submit(1, 320, 40);
        assertThat(sim.engine.freeBlocks()).isEqualTo(128 - 2 * 20);
        sim.step();
        // of twenty blocks of the prompt the last four are still looked back to
        assertThat(sim.engine.freeBlocks()).isEqualTo(128 - 2 * 21 + 16);
    }

    @Test
    void aPrefixIsReusedByItsLastWindow() {
        var sim = engine(128);
        sim.submit(1, 321, 1);
        sim.finishAll();
        assertThat(sim.engine.cachedTokens(EngineFixture.prompt(1, 321))).isEqualTo(320);
        var again = sim.submit(1, 321, 40);
        assertThat(again.sequence().cachedTokens()).isEqualTo(320);
        // the window's blocks before the last four are not taken again
        assertThat(sim.engine.freeBlocks()).isEqualTo(128 - 21 - 5);
        sim.finishAll();
        assertThat(sim.engine.freeBlocks()).isEqualTo(128);
    }

    @Test
    void aPrefixWhoseWindowIsEvictedIsNotReusedThoughOtherLayersHaveIt() {
        var sim = engine(80);
        sim.submit(1, 321, 100);
        sim.finishAll();
        // what the window passed went back first, so it goes first
        sim.submit(2, 321, 1);
        sim.finishAll();
        assertThat(removedFromWindow).isNotEmpty();
        assertThat(removed).isEmpty();
        assertThat(sim.engine.cachedTokens(EngineFixture.prompt(1, 200))).isZero();
        assertThat(sim.engine.cachedTokens(EngineFixture.prompt(2, 321))).isEqualTo(320);
    }

    @Test
    void aCacheThatCannotHoldOneSequenceAndItsWindowsIsRefused() {
        assertThatThrownBy(() -> new EngineLimits(16, 32, 8192, 8, 512, WINDOW)).hasMessageContaining("512");
        assertThat(new EngineLimits(16, 66, 8192, 8, 512).withWindow(WINDOW).window())
                .isEqualTo(WINDOW);
    }
}
