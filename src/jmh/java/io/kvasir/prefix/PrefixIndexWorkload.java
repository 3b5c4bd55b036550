package io.kvasir.prefix;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * What storing, a second replica, removal and memory cost: 512 paths of 2,048 blocks, in events of 16, 64 and 512
 * blocks, one path after the other at each step, path c at worker c mod 256. One thread; a time is the larger of
 * wall time and CPU time of the whole process, garbage collection included; memory is the growth of the heap in use after a collection. Prints the
 * median of the rounds.
 */
public final class PrefixIndexWorkload {
    private static final int PATHS = 512;
    private static final int BLOCKS = 2_048;
    private static final int WORKERS = 256;
    private static final int ROUNDS = 9;

    /** Filled in turn, because CPU time may be counted in steps of 10 ms. */
    private static final int INDEXES = 16;

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private PrefixIndexWorkload() {}

    /** Takes no arguments. */
    public static void main(String[] args) {
        var random = new SplittableRandom(1);
        long[][] paths = new long[PATHS][];
        for (int p = 0; p < PATHS; p++) {
            paths[p] = PrefixIndexBenchmark.chain(random, BLOCKS);
        }
        System.out.println("M blocks/s     store  second replica  remove");
        for (int size : new int[] {16, 64, 512}) {
            double[][] rates = new double[3][ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                round(paths, size, round, rates);
            }
            System.out.printf(
                    "events of %3d  %5.0f  %14.0f  %6.0f%n",
                    size, median(rates[0]), median(rates[1]), median(rates[2]));
        }
        memory(paths);
    }

    private static void round(long[][] paths, int size, int round, double[][] rates) {
        var indexes = new PrefixIndex[INDEXES];
        Arrays.setAll(indexes, i -> new PrefixIndex(16, WORKERS, 1, false));
        System.gc();
        rates[0][round] = rate(indexes, index -> store(index, paths, size, 0));
        rates[1][round] = rate(indexes, index -> store(index, paths, size, 1));
        check(indexes[0], 1L * PATHS * BLOCKS, 2L * PATHS * BLOCKS);
        rates[2][round] = rate(indexes, index -> remove(index, paths, size, 0));
        rate(indexes, index -> remove(index, paths, size, 1));
        check(indexes[0], 0, 0);
    }

    private static double rate(PrefixIndex[] indexes, Consumer<PrefixIndex> work) {
        long cpu = SYSTEM.getProcessCpuTime();
        long wall = System.nanoTime();
        for (PrefixIndex index : indexes) {
            work.accept(index);
        }
        long spent = Math.max(SYSTEM.getProcessCpuTime() - cpu, System.nanoTime() - wall);
        return 1e3 * INDEXES * PATHS * BLOCKS / spent;
    }

    private static void store(PrefixIndex index, long[][] paths, int size, int shift) {
        for (int at = 0; at < BLOCKS; at += size) {
            for (int p = 0; p < PATHS; p++) {
                index.insert(1, paths[p], at, at + size, (p + shift) % WORKERS, at);
            }
        }
    }

    private static void remove(PrefixIndex index, long[][] paths, int size, int shift) {
        for (int at = BLOCKS; at > 0; at -= size) {
            for (int p = 0; p < PATHS; p++) {
                index.remove(1, paths[p], at - size, at, (p + shift) % WORKERS);
            }
        }
    }

    private static void memory(long[][] paths) {
        long empty = usedHeap();
        var index = new PrefixIndex(16, WORKERS, 1, false);
        for (int size : new int[] {16, 64, 512}) {
            store(index, paths, size, 0);
            long once = usedHeap();
            System.out.printf(
                    "events of %3d: %.2f bytes a block held once (%.2f by the index's own account)%n",
                    size,
                    1.0 * (once - empty) / PATHS / BLOCKS,
                    1.0 * index.stats().bytes() / PATHS / BLOCKS);
            for (int shift = 1; shift < 20; shift++) {
                store(index, paths, size, shift);
            }
            check(index, 1L * PATHS * BLOCKS, 20L * PATHS * BLOCKS);
            System.out.printf(
                    "events of %3d: %.2f bytes a block-replica, 20 replicas%n",
                    size, 1.0 * (usedHeap() - empty) / 20 / PATHS / BLOCKS);
            for (int w = 0; w < WORKERS; w++) {
                index.clear(w);
            }
        }
        manySmallRuns(empty);
    }

    /** The worst shape for runs: 250,000 prompts of 4 blocks that nothing else shares. */
    private static void manySmallRuns(long empty) {
        var index = new PrefixIndex(16, WORKERS, 1, true);
        var random = new SplittableRandom(2);
        for (int p = 0; p < 250_000; p++) {
            index.insert(1, PrefixIndexBenchmark.chain(random, 4), 0, 4, p % WORKERS, p);
        }
        System.out.printf("unshared prompts of 4 blocks: %.2f bytes a block%n", (usedHeap() - empty) / 1e6);
        check(index, 1_000_000, 1_000_000);
    }

    private static long usedHeap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static void check(PrefixIndex index, long blocks, long replicas) {
        PrefixIndex.Stats stats = index.stats();
        if (stats.blocks() != blocks || stats.replicas() != replicas) {
            throw new AssertionError("the index holds " + stats);
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
