package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventIndexTest {
    private static final int[] NOBODY = {};
    private static final long ROOT = 5;

    private final EventIndex index = new EventIndex(9, 1_000_000);
    private final List<Lane> lanes = new ArrayList<>();

    /** A lane and what it holds, by its own hashes. */
    private final class Lane {
        final int number = index.change(index::takeLane, -1);
        final int space;
        final int any;
        final Set<Long> held = new HashSet<>();

        Lane(int space, boolean tiered) {
            this.space = space;
            any = tiered ? index.change(index::takeLane, -1) : -1;
        }

        long hash(long key) {
            return key * 0x9E3779B97F4A7C15L + space;
        }

        void store(long[] path, int from, int to) {
            long[] hashes =
                    IntStream.range(from, to).mapToLong(i -> hash(path[i])).toArray();
            Arrays.stream(hashes).forEach(held::add);
            assertThat(index.change(
                            () -> index.store(
                                    ROOT,
                                    space,
                                    number,
                                    any,
                                    from > 0,
                                    from > 0 ? hash(path[from - 1]) : 0,
                                    hashes,
                                    hashes.length,
                                    (_, _) -> Arrays.copyOfRange(path, from, to)),
                            EventIndex.Stored.FULL))
                    .isEqualTo(EventIndex.Stored.STORED);
        }

        void remove(long[] path, int from, int to) {
            long[] hashes =
                    IntStream.range(from, to).mapToLong(i -> hash(path[i])).toArray();
            Arrays.stream(hashes).forEach(held::remove);
            index.change(() -> index.remove(space, number, NOBODY, hashes, hashes.length), 0);
            if (any >= 0) {
                index.change(() -> index.remove(space, any, new int[] {number}, hashes, hashes.length), 0);
            }
        }

        void clear() {
            held.clear();
            index.clear(new int[] {number, any}, -1);
        }

        int leading(long[] path) {
            int n = 0;
            while (n < path.length && held.contains(hash(path[n]))) {
                n++;
            }
            return n;
        }
    }

    private int[] lookup(long[] path) {
        int[] answer = new int[64];
        assertThat(index.lookup(ROOT, path, path.length, answer, new long[1])).isNotNegative();
        return answer;
    }

    private void agree(long[] path) {
        int[] answer = lookup(path);
        for (Lane lane : lanes) {
            assertThat(answer[lane.number]).as("lane %d", lane.number).isEqualTo(lane.leading(path));
            if (lane.any >= 0) {
                assertThat(answer[lane.any]).as("all tiers").isEqualTo(lane.leading(path));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void lanesThatFollowEachOtherAlongLongPathsAreToldApart(int seed) {
        var random = new SplittableRandom(seed);
        int alike = index.change(index::takeSpace, -1);
        int other = index.change(index::takeSpace, -1);
        for (int l = 0; l < 4; l++) {
            lanes.add(new Lane(alike, false));
        }
        lanes.add(new Lane(other, false));
        lanes.add(new Lane(other, true));
        long[][] paths = new long[8][];
        for (int p = 0; p < paths.length; p++) {
            paths[p] = random.longs(300 + random.nextInt(1_500)).toArray();
            if (p > 0) {
                long[] before = paths[random.nextInt(p)];
                System.arraycopy(before, 0, paths[p], 0, random.nextInt(Math.min(before.length, paths[p].length)));
            }
        }
        for (int step = 0; step < 2_000; step++) {
            var lane = lanes.get(random.nextInt(lanes.size()));
            long[] path = paths[random.nextInt(paths.length)];
            int leading = lane.leading(path);
            int some = 1 + random.nextInt(120);
            if (random.nextInt(200) == 0) {
                lane.clear();
            } else if (random.nextInt(6) == 0) {
                int from = random.nextInt(path.length);
                lane.remove(path, from, Math.min(path.length, from + some));
            } else if (random.nextInt(6) == 0) {
                lane.remove(path, Math.max(0, leading - some), leading);
            } else if (leading < path.length) {
                lane.store(path, leading, Math.min(path.length, leading + some));
            }
            if (step % 20 == 0) {
                Arrays.stream(paths).forEach(this::agree);
            }
        }
        assertThat(index.stats().replicas())
                .isEqualTo(lanes.stream()
                        .mapToLong(lane -> (lane.any < 0 ? 1L : 2L) * lane.held.size())
                        .sum());
        lanes.forEach(Lane::clear);
        assertThat(index.stats().blocks()).isZero();
        assertThat(index.stats().runs()).isZero();
    }

    @Test
    void aPathThatAnotherTookOverStaysOneRun() {
        int space = index.change(index::takeSpace, -1);
        long[] path = new SplittableRandom(1).longs(400).toArray();
        for (int l = 0; l < 8; l++) {
            var lane = new Lane(space, false);
            lanes.add(lane);
            lane.store(path, 0, 50 * (l + 1));
        }

        agree(path);
        assertThat(index.stats().runs()).isEqualTo(1);
    }

    @Test
    void whatManyHoldIsNotTheBeginningOfWhatOneGoesOnWith() {
        int space = index.change(index::takeSpace, -1);
        long[] path = new SplittableRandom(1).longs(100).toArray();
        for (int l = 0; l < 8; l++) {
            lanes.add(new Lane(space, false));
            lanes.get(l).store(path, 0, 50);
        }
        lanes.get(3).store(path, 50, 100);

        agree(path);
        assertThat(index.stats().runs()).isEqualTo(2);
    }

    @Test
    void aRunThatGrowsEndsSomewhere() {
        var lane = new Lane(index.change(index::takeSpace, -1), false);
        lanes.add(lane);
        long[] path = new SplittableRandom(1).longs(3_000).toArray();
        for (int at = 0; at < path.length; at += 20) {
            lane.store(path, at, at + 20);
        }

        agree(path);
        assertThat(index.stats().runs()).isBetween(5L, 8L);
    }
}
