package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StoredIdsTest {
    private static final long HOUR = 3_600_000_000_000L;

    private final AtomicLong clock = new AtomicLong();
    private final StoredIds ids = new StoredIds(clock::get);

    @Test
    void theFirstWhoKeepsAnIdGoesOnCounting() {
        ids.remember("a", "10.0.0.1:80");
        ids.remember("a", "10.0.0.2:80");

        assertThat(ids.holder("a")).isEqualTo("10.0.0.1:80");
        assertThat(ids.holder("b")).isNull();
        ids.forget("a");
        assertThat(ids.holder("a")).isNull();
    }

    @Test
    void theLastManyAreHeldAndNoMoreThanTwiceAsMany() {
        for (int i = 0; i < 3 * StoredIds.MOST; i++) {
            ids.remember("id" + i, "e");
        }

        assertThat(ids.holder("id" + (3 * StoredIds.MOST - 1))).isEqualTo("e");
        assertThat(ids.holder("id" + (2 * StoredIds.MOST))).isEqualTo("e");
        assertThat(ids.holder("id0")).isNull();
    }

    @Test
    void whatIsADayOldIsForgotten() {
        ids.remember("old", "e");
        for (int i = 0; i < 3; i++) {
            clock.addAndGet(13 * HOUR);
            ids.remember("new" + i, "e");
        }

        assertThat(ids.holder("old")).isNull();
        assertThat(ids.holder("new2")).isEqualTo("e");
    }
}
