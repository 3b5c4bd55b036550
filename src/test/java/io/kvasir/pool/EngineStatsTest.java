package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EngineStatsTest {

    private static long kvTokens(int blockSize, long blocks) {
        return new EngineStats(0, 0, 0, 0, blockSize, blocks, -1, List.of(), List.of(), false, -1, -1, -1).kvTokens();
    }

    @Test
    void aCapacityIsBlocksTimesTheirSizeAndNeverOverflows() {
        assertThat(kvTokens(16, 256)).isEqualTo(4_096);
        assertThat(kvTokens(Integer.MAX_VALUE, Long.MAX_VALUE)).isBetween(1L, EngineStats.MOST_KV_TOKENS);
        assertThat(kvTokens(1, Long.MAX_VALUE)).isEqualTo(EngineStats.MOST_KV_TOKENS);
        assertThat(kvTokens(-1, 5)).isEqualTo(-1);
        assertThat(kvTokens(16, 0)).isEqualTo(-1);
        assertThat(kvTokens(16, -3)).isEqualTo(-1);
    }
}
