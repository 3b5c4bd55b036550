package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StoredIdsTest {
    private static final long HOUR = 3_600_000_000_000L;

    private final AtomicLong clock = new AtomicLong();
    private final StoredIds ids = new StoredIds(clock::get);

    private static final Pool POOL = new Pool(HardwareCatalogue.load());

    static {
        POOL.apply(List.of(EndpointSpec.of("one", "10.0.0.1", 80), EndpointSpec.of("other", "10.0.0.2", 80)));
    }

    private static final Endpoint ONE = POOL.snapshot().at(0);
    private static final Endpoint OTHER = POOL.snapshot().at(1);

    private boolean keeps(Endpoint endpoint, String id) {
        var holder = ids.holder(id);
        return holder != null && holder.is(endpoint) && holder.hostPort().equals(endpoint.hostPort());
    }

    @Test
    void anAddressIsNoLongerTheHolderOnceItIsAnothers() {
        ids.remember("a", ONE);
        var later = new Pool(HardwareCatalogue.load());
        later.apply(List.of(EndpointSpec.of("before", "10.0.0.9", 80)));
        later.apply(List.of());
        later.apply(List.of(ONE.spec()));

        assertThat(later.snapshot().at(0).hostPort()).isEqualTo(ONE.hostPort());
        assertThat(keeps(later.snapshot().at(0), "a")).isFalse();
        assertThat(keeps(ONE, "a")).isTrue();
    }

    @Test
    void theFirstWhoKeepsAnIdGoesOnCounting() {
        ids.remember("a", ONE);
        ids.remember("a", OTHER);

        assertThat(keeps(ONE, "a")).isTrue();
        assertThat(ids.holder("b")).isNull();
        ids.forget("a");
        assertThat(ids.holder("a")).isNull();
    }

    @Test
    void theLastManyAreHeldAndNoMoreThanTwiceAsMany() {
        for (int i = 0; i < 3 * StoredIds.MOST; i++) {
            ids.remember("id" + i, ONE);
        }

        assertThat(keeps(ONE, "id" + (3 * StoredIds.MOST - 1))).isTrue();
        assertThat(keeps(ONE, "id" + (2 * StoredIds.MOST))).isTrue();
        assertThat(ids.holder("id0")).isNull();
    }

    @Test
    void whatIsADayOldIsForgotten() {
        ids.remember("old", ONE);
        for (int i = 0; i < 3; i++) {
            clock.addAndGet(13 * HOUR);
            ids.remember("new" + i, ONE);
        }

        assertThat(ids.holder("old")).isNull();
        assertThat(keeps(ONE, "new2")).isTrue();
    }
}
