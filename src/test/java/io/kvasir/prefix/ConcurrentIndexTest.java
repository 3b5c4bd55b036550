package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.failure.ContainedFailures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class ConcurrentIndexTest {
    private static final int LEADER = 0;
    private static final int FOLLOWER = 1;
    private static final int FLIPPER = 2;
    private static final int NOISE = 3;
    private static final int ENDPOINTS = 8;
    private static final int STEP = 5;
    private static final int CHAINS = 8;
    private static final int LONGEST = 400;

    /** Beyond what chains have in common, so that removals on one leave the others alone. */
    private static final int FLOOR = 10 * CHAINS;

    private final AtomicIntegerArray held = new AtomicIntegerArray(ENDPOINTS);
    private final IndexShard shard = new IndexShard(99, held, true);
    private final ShardWriter writer = new ShardWriter(shard, new ContainedFailures("a change"));

    /**
     * On every chain the leader is kept between 0 and {@value #STEP} blocks ahead of the follower by changes that each
     * move one of them, and the flipper holds all of it or at most the floor, changed at once over all its runs. Other endpoints split, extend, drop and reuse runs all over the same shard. A lookup that
     * mixed two moments would see the flipper half way or the follower ahead; without validation this test fails.
     */
    @Test
    void everyAnswerWasTrueAtOneMoment() throws Exception {
        long[][] chains = branchingChains();
        var writing = new AtomicBoolean(true);
        var answered = new AtomicInteger();
        try (var threads = Executors.newFixedThreadPool(3)) {
            List<Future<Void>> readers = new ArrayList<>();
            for (int r = 0; r < 2; r++) {
                long seed = r;
                readers.add(threads.submit(() -> read(chains, seed, writing, answered)));
            }
            threads.submit(() -> {
                        try {
                            write(chains);
                        } finally {
                            writing.set(false);
                        }
                        return null;
                    })
                    .get();
            for (Future<Void> reader : readers) {
                reader.get();
            }
        }
        assertThat(answered.get()).isGreaterThan(100);
    }

    private static long[][] branchingChains() {
        var random = new SplittableRandom(7);
        long[] trunk = RandomPaths.chain(random, LONGEST);
        long[][] chains = new long[CHAINS][];
        for (int c = 0; c < CHAINS; c++) {
            chains[c] = RandomPaths.chain(random, LONGEST);
            System.arraycopy(trunk, 0, chains[c], 0, 10 * c);
        }
        return chains;
    }

    private void write(long[][] chains) {
        var random = new SplittableRandom(8);
        int[] reach = new int[CHAINS];
        boolean[] whole = new boolean[CHAINS];
        for (int now = 0; now < 60_000; now++) {
            int c = random.nextInt(CHAINS);
            boolean grow = reach[c] <= FLOOR || (reach[c] < LONGEST - STEP && random.nextBoolean());
            if (grow) {
                int to = Math.max(FLOOR, reach[c] + random.nextInt(STEP + 1));
                change(i -> i.insert(1, chains[c], 0, to, LEADER, 0, UseLists.SHARED));
                change(i -> i.insert(1, chains[c], 0, to, FOLLOWER, 0, UseLists.SHARED));
                reach[c] = to;
            } else {
                int to = Math.max(FLOOR, reach[c] - random.nextInt(STEP + 1));
                int from = reach[c];
                change(i -> i.remove(1, chains[c], to, from, FOLLOWER));
                change(i -> i.remove(1, chains[c], to, from, LEADER));
                reach[c] = to;
            }
            int flipped = random.nextInt(CHAINS);
            whole[flipped] = !whole[flipped];
            if (whole[flipped]) {
                change(i -> i.insert(1, chains[flipped], 0, LONGEST, FLIPPER, 0, UseLists.SHARED));
            } else {
                change(i -> i.remove(1, chains[flipped], FLOOR, LONGEST, FLIPPER));
            }
            int ordinal = NOISE + random.nextInt(ENDPOINTS - NOISE);
            int most = random.nextInt(2_000);
            int end = 1 + random.nextInt(LONGEST);
            int at = now;
            change(i -> i.insert(1, chains[random.nextInt(CHAINS)], 0, end, ordinal, at, UseLists.SHARED));
            change(i -> i.insert(1, RandomPaths.chain(random, 3), 0, 3, ordinal, at, UseLists.SHARED));
            change(i -> i.evict(ordinal, held.get(ordinal) - most, at + 1, 1_000));
        }
    }

    private interface Step {
        void applyTo(IndexShard shard);
    }

    private void change(Step step) {
        long stamp = shard.lock.writeLock();
        try {
            step.applyTo(shard);
        } finally {
            shard.lock.unlockWrite(stamp);
        }
    }

    private Void read(long[][] chains, long seed, AtomicBoolean writing, AtomicInteger answered) {
        var random = new SplittableRandom(seed);
        int[] answer = new int[ENDPOINTS];
        while (writing.get()) {
            int c = random.nextInt(CHAINS);
            Arrays.fill(answer, 0);
            int known = shard.lookup(1, chains[c], LONGEST, answer, ENDPOINTS);
            if (known == IndexShard.CONTENDED) {
                assertThat(answer).containsOnly(0);
                continue;
            }
            int ahead = answer[LEADER] - answer[FOLLOWER];
            // the first insert of a chain brings its whole floor at once
            if (ahead < 0 || (ahead > STEP && answer[FOLLOWER] >= FLOOR)) {
                assertThat(answer).as("leader 0 to 5 ahead of follower").isEmpty();
            }
            if (answer[FLIPPER] > FLOOR && answer[FLIPPER] < LONGEST) {
                assertThat(answer).as("flipper holds all or the floor").isEmpty();
            }
            assertThat(known).isGreaterThanOrEqualTo(answer[LEADER]).isLessThanOrEqualTo(LONGEST);
            answered.incrementAndGet();
        }
        return null;
    }

    @Test
    void changesOfManyThreadsAllArriveAndInOrder() throws Exception {
        int threads = 4;
        try (var pool = Executors.newFixedThreadPool(threads)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int ordinal = t;
                tasks.add(() -> {
                    insertAndRemove(ordinal);
                    return null;
                });
            }
            for (Future<Void> done : pool.invokeAll(tasks)) {
                done.get();
            }
        }
        assertThat(writer.refused()).isZero();
        assertThat(shard.size().blocks()).isZero();
        assertThat(shard.size().runs()).isZero();
        assertThat(shard.size().entries()).isZero();
    }

    private void insertAndRemove(int ordinal) {
        var random = new SplittableRandom(3);
        for (int round = 0; round < 300; round++) {
            int expected = 0;
            List<long[]> chains = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                long[] chain = RandomPaths.chain(random, 1 + random.nextInt(20));
                chains.add(chain);
                expected += chain.length;
                writer.insert(5, chain, 0, chain.length, ordinal, round, UseLists.SHARED);
                writer.remove(5, chain, 0, chain.length, ordinal);
                writer.insert(5, chain, 0, chain.length, ordinal, round, UseLists.SHARED);
            }
            awaitHeld(ordinal, expected);
            chains.forEach(chain -> writer.remove(5, chain, 0, chain.length, ordinal));
            awaitHeld(ordinal, 0);
        }
    }

    private void awaitHeld(int ordinal, int expected) {
        while (held.get(ordinal) != expected) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aLookupDuringALongChangeGivesUpWithoutAnAnswer() {
        long[] chain = RandomPaths.chain(new SplittableRandom(1), 10);
        writer.insert(1, chain, 0, 10, 0, 0, UseLists.SHARED);
        int[] answer = new int[1];
        long stamp = shard.lock.writeLock();
        try {
            assertThat(shard.lookup(1, chain, 10, answer, 1)).isEqualTo(IndexShard.CONTENDED);
            assertThat(answer).containsExactly(0);
        } finally {
            shard.lock.unlockWrite(stamp);
        }
        assertThat(shard.lookup(1, chain, 10, answer, 1)).isEqualTo(10);
    }

    @Test
    void aTakenShardQueuesAMegabyteOfChangesAndCountsTheRest() {
        var random = new SplittableRandom(1);
        long stamp = shard.lock.writeLock();
        for (int i = 0; i < 200; i++) {
            writer.insert(1, RandomPaths.chain(random, 1_000), 0, 1_000, 0, i, UseLists.SHARED);
        }
        assertThat(held.get(0)).isZero();
        shard.lock.unlockWrite(stamp);
        writer.insert(1, RandomPaths.chain(random, 1), 0, 1, 0, 0, UseLists.SHARED);
        int accepted = (1 << 17) / 1_064;
        assertThat(held.get(0)).isEqualTo(accepted * 1_000 + 1);
        assertThat(writer.refused()).isEqualTo(200 - accepted);
    }

    @Test
    void countsBalanceAfterThreadsRoutedEvictedExpiredAndCleared() throws Exception {
        var index = new PrefixIndex(4, ENDPOINTS, 5, true);
        int threads = 4;
        try (var pool = Executors.newFixedThreadPool(threads)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                long seed = t;
                tasks.add(() -> {
                    useAtRandom(index, seed);
                    return null;
                });
            }
            for (Future<Void> done : pool.invokeAll(tasks)) {
                done.get();
            }
        }
        PrefixIndex.Stats full = index.stats();
        assertThat(full.replicas()).isPositive();
        assertThat(full.blocks()).isPositive().isLessThanOrEqualTo(full.replicas());
        for (int o = 0; o < ENDPOINTS; o++) {
            index.evictTo(o, 50);
            assertThat(index.held(o)).isLessThanOrEqualTo(50);
            index.clear(o);
            assertThat(index.held(o)).isZero();
        }
        assertThat(index.stats().blocks()).isZero();
        assertThat(index.stats().runs()).isZero();
    }

    private static void useAtRandom(PrefixIndex index, long seed) {
        var random = new SplittableRandom(seed);
        var paths = new RandomPaths(random);
        int[] answer = new int[ENDPOINTS];
        for (int now = 0; now < 20_000; now++) {
            long[] keys = paths.next();
            int ordinal = random.nextInt(ENDPOINTS);
            index.insert(random.nextInt(8), keys, 0, keys.length, ordinal, now);
            switch (random.nextInt(40)) {
                case 0 -> index.clear(ordinal);
                case 1 -> index.expire(ordinal, now - 100);
                case 2, 3, 4 -> index.occupy(ordinal, random.nextInt(20), keys[0], now);
                default -> index.evictTo(ordinal, 500 + random.nextInt(500));
            }
            long[] sought = paths.next();
            Arrays.fill(answer, 0);
            int known = index.lookup(random.nextInt(8), sought, sought.length, answer, ENDPOINTS);
            if (Arrays.stream(answer).max().orElse(0) > Math.max(known, 0)) {
                assertThat(answer).as("at most %d blocks known", known).isEmpty();
            }
        }
    }
}
