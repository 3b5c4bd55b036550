package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is remembered of texts, and for how long. */
class TokenCacheTest {
    /** Of room for so many ids a 32nd is each text's. */
    private static final TokenCache CACHE = new TokenCache(32 * 100);

    @Test
    void aTextThatIsLongerThanAllRoomDrivesNobodyOut() {
        int owner = CACHE.owner();
        CACHE.get(owner, "short", () -> new int[] {1, 2});
        for (int i = 0; i < 200; i++) {
            String text = "long " + i;
            assertThat(CACHE.get(owner, text, () -> new int[1_000])).hasSize(1_000);
        }
        assertThat(CACHE.get(owner, "short", () -> new int[] {3})).containsExactly(1, 2);
        assertThat(CACHE.hits()).isEqualTo(2);
        assertThat(CACHE.get(CACHE.owner(), "short", () -> new int[] {3})).containsExactly(3);
    }
}
