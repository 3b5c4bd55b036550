package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Tenancy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FollowedCachesTest {
    private static final int ENDPOINTS = 12;
    private static final int[] SIZES = {16, 16, 16, 32, 64};

    private final SplittableRandom random = new SplittableRandom(3);
    private final PreciseView view = new PreciseView(ENDPOINTS, 1);
    private final Speculation speculation = new Speculation(ENDPOINTS, 1, System::nanoTime);
    private final PathLookup lookup = new PathLookup(new EventIndex(1, 100), speculation);
    private final FollowedEndpoints endpoints =
            new FollowedEndpoints(ENDPOINTS, lookup, speculation, new ReuseAccuracy(ENDPOINTS, 1));
    private final FollowedCaches caches = new FollowedCaches(endpoints);
    private final List<EngineCache> open = new ArrayList<>();

    private static StoredBlocks block(CacheTier tier, int size, long hash) {
        int[] tokens = new int[size];
        Arrays.fill(tokens, (int) hash);
        return new StoredBlocks(tier, false, 0, new long[] {hash}, 1, tokens, size, size, null, null, null);
    }

    /** What a change of one makes is what looking at all of them anew would make. */
    @Test
    void howTheyAreAskedAfterAnyChangesIsWhatTheySayThen() {
        for (int step = 0; step < 2_000; step++) {
            if (open.size() < 4 || random.nextInt(10) == 0) {
                var cache = view.cache(Tenancy.of(random.nextInt(ENDPOINTS), 0), random.nextInt(3), "m", false);
                open.add(cache);
                caches.add(cache);
            } else {
                var cache = open.get(random.nextInt(open.size()));
                change(cache);
                caches.changed(cache.tenancy());
            }
            compare();
        }
    }

    private void change(EngineCache cache) {
        switch (random.nextInt(6)) {
            case 0 -> cache.expects(SIZES[random.nextInt(SIZES.length)]);
            case 1 -> cache.restarted();
            case 2 -> {
                cache.close();
                open.remove(cache);
                caches.remove(cache);
            }
            case 3 -> cache.stored(block(CacheTier.CPU, SIZES[random.nextInt(SIZES.length)], random.nextLong(9)));
            default -> cache.stored(block(CacheTier.GPU, SIZES[random.nextInt(SIZES.length)], random.nextLong(9)));
        }
    }

    private void compare() {
        var byTenancy = open.stream().collect(Collectors.groupingBy(EngineCache::tenancy));
        var now = byTenancy.values().stream()
                .flatMap(ranks -> CacheLookup.alike(
                        ranks.stream().map(EngineCache::lookup).toList())
                        .stream())
                .toList();
        var anew = AskedCaches.NONE.of(now);
        assertThat(byScheme(caches.asked())).isEqualTo(byScheme(anew));
        assertThat(Set.copyOf(caches.asked().schemes().all()))
                .isEqualTo(Set.copyOf(anew.schemes().all()));
        for (AskedCaches.Group group : caches.asked().groups()) {
            assertThat(group.caches()).isSortedAccordingTo((a, b) -> Integer.compare(a.ordinal(), b.ordinal()));
        }
    }

    private static Map<KeyScheme, Set<CacheLookup>> byScheme(AskedCaches asked) {
        return Arrays.stream(asked.groups())
                .collect(Collectors.toMap(AskedCaches.Group::scheme, group -> new HashSet<>(List.of(group.caches()))));
    }
}
