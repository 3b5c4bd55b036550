package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefixIndexTest {
    private static final int ENDPOINTS = 7;
    private static final long[] NAMESPACES = {3, -3, 0};

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 1", "4, 1", "5, 1", "6, 1"})
    void agreesWithTheNaiveModelWhenPathsAreHeldWhole(long seed, int shards) {
        var random = new SplittableRandom(seed);
        var index = new PrefixIndex(shards, ENDPOINTS, seed, true);
        var model = new NaivePrefixIndex();
        var paths = new RandomPaths(random);
        for (int now = 0; now < 6_000; now++) {
            long namespace = NAMESPACES[random.nextInt(NAMESPACES.length)];
            long[] keys = paths.next();
            int to = 1 + random.nextInt(keys.length);
            int ordinal = random.nextInt(ENDPOINTS);
            switch (random.nextInt(20)) {
                case 0 -> {
                    int blocks = random.nextInt(60);
                    index.occupy(ordinal, blocks, keys[0], now);
                    model.occupy(ordinal, blocks, now);
                }
                case 1, 2, 3 -> {
                    int blocks = Math.max(0, model.held(ordinal) - random.nextInt(50));
                    index.evictTo(ordinal, blocks);
                    model.evictTo(ordinal, blocks);
                }
                case 4 -> {
                    int from = random.nextInt(to);
                    index.remove(namespace, keys, from, keys.length, ordinal);
                    model.remove(namespace, keys, from, keys.length, ordinal);
                }
                case 5 -> {
                    int before = now - random.nextInt(400);
                    index.expire(ordinal, before);
                    model.expire(ordinal, before);
                }
                case 6 -> {
                    if (random.nextInt(10) == 0) {
                        index.clear(ordinal);
                        model.clear(ordinal);
                    }
                }
                default -> {
                    index.insert(namespace, keys, 0, to, ordinal, now);
                    model.insert(namespace, keys, 0, to, ordinal, now);
                }
            }
            long[] sought = paths.next();
            assertSame(index, model, namespace, sought, 1 + random.nextInt(sought.length));
            if (now % 100 == 0) {
                assertSizes(index, model);
            }
        }
        assertEmptyAfterClear(index);
    }

    @ParameterizedTest
    @CsvSource({"11, 1", "12, 4", "13, 16", "14, 1", "15, 4", "16, 16"})
    void agreesWithTheNaiveModelWhenBlocksComeAndGoInAnyOrder(long seed, int shards) {
        var random = new SplittableRandom(seed);
        var index = new PrefixIndex(shards, ENDPOINTS, seed, false);
        var model = new NaivePrefixIndex();
        var paths = new RandomPaths(random);
        for (int now = 0; now < 8_000; now++) {
            long namespace = NAMESPACES[random.nextInt(NAMESPACES.length)];
            long[] keys = paths.next();
            int to = 1 + random.nextInt(keys.length);
            int from = random.nextInt(to);
            int ordinal = random.nextInt(ENDPOINTS);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    index.insert(namespace, keys, from, to, ordinal, now);
                    model.insert(namespace, keys, from, to, ordinal, now);
                }
                case 3 -> {
                    index.insert(namespace, keys, 0, to, ordinal, now);
                    model.insert(namespace, keys, 0, to, ordinal, now);
                }
                case 4 -> {
                    if (random.nextInt(30) == 0) {
                        index.clear(ordinal);
                        model.clear(ordinal);
                    }
                }
                default -> {
                    index.remove(namespace, keys, from, to, ordinal);
                    model.remove(namespace, keys, from, to, ordinal);
                }
            }
            long[] sought = paths.next();
            assertSame(index, model, namespace, sought, 1 + random.nextInt(sought.length));
            if (now % 100 == 0) {
                assertSizes(index, model);
            }
        }
        assertEmptyAfterClear(index);
    }

    private static void assertSame(PrefixIndex index, NaivePrefixIndex model, long namespace, long[] sought, int n) {
        int[] answer = new int[ENDPOINTS];
        int known = index.lookup(namespace, sought, n, answer, ENDPOINTS);
        assertThat(answer).isEqualTo(model.lookup(namespace, sought, n, ENDPOINTS));
        assertThat(known).isGreaterThanOrEqualTo(Arrays.stream(answer).max().orElse(0));
    }

    private static void assertSizes(PrefixIndex index, NaivePrefixIndex model) {
        int replicas = 0;
        for (int o = 0; o < ENDPOINTS; o++) {
            assertThat(index.held(o)).isEqualTo(model.held(o));
            replicas += model.held(o);
        }
        PrefixIndex.Stats stats = index.stats();
        assertThat(stats.blocks()).isEqualTo(model.blocks());
        assertThat(stats.replicas()).isEqualTo(replicas);
        assertThat(stats.runs()).isLessThanOrEqualTo(stats.blocks());
    }

    private static void assertEmptyAfterClear(PrefixIndex index) {
        for (int o = 0; o < ENDPOINTS; o++) {
            index.clear(o);
        }
        PrefixIndex.Stats stats = index.stats();
        assertThat(stats.blocks()).isZero();
        assertThat(stats.replicas()).isZero();
        assertThat(stats.runs()).isZero();
        assertThat(stats.contended()).isZero();
        assertThat(stats.refused()).isZero();
    }

    @Test
    void oneRunServesAllEndpointsThatHoldPartsOfAPath() {
        var index = new PrefixIndex(1, 256, 1, true);
        long[] keys = RandomPaths.chain(new SplittableRandom(1), 6_250);
        for (int w = 0; w < 256; w++) {
            index.insert(1, keys, 0, keys.length * (w + 1) / 256, w, 0);
        }
        int[] answer = new int[256];
        assertThat(index.lookup(1, keys, keys.length, answer, 256)).isEqualTo(6_250);
        for (int w = 0; w < 256; w++) {
            assertThat(answer[w]).isEqualTo(keys.length * (w + 1) / 256);
        }
        assertThat(index.stats().runs()).isEqualTo(1);
    }

    @Test
    void theColdestShardIsEvictedFirst() {
        var index = new PrefixIndex(16, 1, 1, true);
        var random = new SplittableRandom(2);
        long[][] chains = new long[200][];
        for (int i = 0; i < chains.length; i++) {
            chains[i] = RandomPaths.chain(random, 10);
            index.insert(1, chains[i], 0, 10, 0, i);
        }
        index.evictTo(0, 1_005);
        for (int i = 0; i < chains.length; i++) {
            int[] answer = new int[1];
            index.lookup(1, chains[i], 10, answer, 1);
            assertThat(answer[0]).isEqualTo(i < 99 ? 0 : i == 99 ? 5 : 10);
        }
    }

    @Test
    void memoryShrinksWithWhatIsHeld() {
        var index = new PrefixIndex(1, 2, 1, true);
        long[] keys = RandomPaths.chain(new SplittableRandom(3), 50_000);
        index.insert(1, keys, 0, keys.length, 0, 0);
        index.insert(1, keys, 0, 100, 1, 0);
        assertThat(index.stats().bytes()).isGreaterThan(400_000);
        index.clear(0);
        assertThat(index.stats().bytes()).isLessThan(5_000);
        assertThat(index.stats().blocks()).isEqualTo(100);
    }

    @Test
    void refusesWhatItCannotHold() {
        var index = new PrefixIndex(1, 2, 1, true);
        assertThatThrownBy(() -> index.insert(1, new long[5], 0, 6, 0, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> index.insert(1, new long[5], 0, 5, 2, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new PrefixIndex(3, 2, 1, true)).hasMessage("shards 3 is not a power of two");
        assertThatThrownBy(() -> new PrefixIndex(4, 0, 1, true)).isInstanceOf(IllegalArgumentException.class);
    }
}
