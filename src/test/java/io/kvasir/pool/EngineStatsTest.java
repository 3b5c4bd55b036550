package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EngineStatsTest {

    private static long kvTokens(int blockSize, long blocks) {
        return EngineStats.at(0)
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(blockSize, blocks)
                .build()
                .kvTokens();
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
