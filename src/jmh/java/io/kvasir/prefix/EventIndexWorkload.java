package io.kvasir.prefix;

import com.sun.management.OperatingSystemMXBean;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.KvEvent;
import io.kvasir.kvevents.wire.KvEventDecoder;
import io.kvasir.pool.Tenancy;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/**
 * What engines' events cost the precise view: 512 paths of 2,048 blocks of 16 tokens in events of 64 that name their parent
 * by the engine's hash, one path after the other at each step, path c at worker c mod 256. One thread; a time is the larger
 * of wall time and CPU time of the whole process; memory is the growth of the heap in use after a collection. Medians of rounds
 * that come after others, in which the JVM compiles.
 */
public final class EventIndexWorkload {
    private static final int PATHS = 512;
    private static final int BLOCKS = 2_048;
    private static final int TOKENS = 16;
    private static final int WORKERS = 256;
    private static final int WARM_UP = 6;
    private static final int ROUNDS = 7;
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final long[][] hashes = new long[PATHS][BLOCKS];
    private final int[][] tokens = new int[PATHS][BLOCKS * TOKENS];
    private final long[][] keys = new long[PATHS][BLOCKS];

    private final boolean cpuAlone;

    private EventIndexWorkload(boolean cpuAlone) {
        this.cpuAlone = cpuAlone;
        var random = new SplittableRandom(1);
        for (int p = 0; p < PATHS; p++) {
            Arrays.setAll(hashes[p], _ -> random.nextLong());
            Arrays.setAll(keys[p], _ -> random.nextLong());
            Arrays.setAll(tokens[p], _ -> random.nextInt(150_000));
        }
    }

    /** Takes which parts to run, all without; {@code cpu} has CPU time count alone, for cores that others keep busy. */
    public static void main(String[] args) throws IOException {
        var parts = new ArrayList<>(List.of(args));
        var workload = new EventIndexWorkload(parts.remove("cpu"));
        if (parts.isEmpty()) {
            parts.addAll(List.of("floor", "lookups", "rates", "frames", "memory"));
        }
        for (String part : parts) {
            switch (part) {
                case "floor" -> workload.floor();
                case "lookups" -> workload.lookups();
                case "rates" -> workload.rates();
                case "frames" -> workload.frames();
                case "memory" -> workload.memory();
                default -> throw new IllegalArgumentException(part);
            }
        }
    }

    /** What the machine does of it without an index: a place in a table of hashes for each block, of the size it ends with. */
    private void floor() {
        double[] rates = new double[WARM_UP + ROUNDS];
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            int[] table = new int[PATHS * BLOCKS / 2 * 3];
            int[] places = new int[64];
            rates[round] = rate(64, (p, at) -> {
                for (int i = 0; i < 64; i++) {
                    long x = hashes[p][at + i] * 0x9E3779B97F4A7C15L;
                    places[i] = (int) ((x >>> 32) * table.length >>> 32);
                }
                for (int i = 0; i < 64; i++) {
                    table[places[i]] = p;
                }
            });
        }
        System.out.printf("random writes into a table of that size alone: %.0f M/s%n", median(rates));
    }

    /** Cases of the table: blocks a second. */
    private void rates() {
        System.out.println(
                "M blocks/s     keys given: store  second replica  remove  remove the last   with keys: store  second  remove");
        for (int size : new int[] {16, 64, 512}) {
            double[][] rates = new double[7][WARM_UP + ROUNDS];
            for (int round = 0; round < WARM_UP + ROUNDS; round++) {
                given(size, round, rates);
                made(size, round, rates);
            }
            System.out.printf(
                    "events of %3d  %17.1f  %14.1f  %6.1f  %15.1f   %16.1f  %6.1f  %6.1f%n",
                    size,
                    median(rates[0]),
                    median(rates[1]),
                    median(rates[2]),
                    median(rates[6]),
                    median(rates[3]),
                    median(rates[4]),
                    median(rates[5]));
        }
    }

    private void given(int size, int round, double[][] rates) {
        var index = new EventIndex(1, Long.MAX_VALUE);
        index.change(
                () -> {
                    for (int w = 0; w < WORKERS; w++) {
                        index.takeLane();
                    }
                    return index.takeSpace();
                },
                0);
        long[][][] told = parts(hashes, size);
        long[][][] known = parts(keys, size);
        rates[0][round] = rate(size, (p, at) -> store(index, told, known, p, at, size, 0));
        rates[1][round] = rate(size, (p, at) -> store(index, told, known, p, at, size, 1));
        check(index.stats(), 1L * PATHS * BLOCKS, 2L * PATHS * BLOCKS);
        rates[2][round] = rate(size, (p, at) -> {
            long[] gone = told[p][(BLOCKS - at) / size - 1];
            index.change(() -> index.remove(1, (p + 1) % WORKERS, new int[0], gone, size), 0);
        });
        check(index.stats(), 1L * PATHS * BLOCKS, 1L * PATHS * BLOCKS);
        rates[6][round] = rate(size, (p, at) -> {
            long[] gone = told[p][(BLOCKS - at) / size - 1];
            index.change(() -> index.remove(1, p % WORKERS, new int[0], gone, size), 0);
        });
        check(index.stats(), 0, 0);
    }

    private static void store(EventIndex index, long[][][] told, long[][][] known, int p, int at, int size, int shift) {
        long[] own = told[p][at / size];
        index.change(
                () -> index.store(
                        1,
                        1,
                        (p + shift) % WORKERS,
                        -1,
                        at > 0,
                        at > 0 ? told[p][at / size - 1][size - 1] : 0,
                        own,
                        size,
                        (_, _) -> known[p][at / size]),
                EventIndex.Stored.FULL);
    }

    /** What events tell, by path and event. */
    private static long[][][] parts(long[][] of, int size) {
        var all = new long[PATHS][BLOCKS / size][];
        for (int p = 0; p < PATHS; p++) {
            for (int e = 0; e < all[p].length; e++) {
                all[p][e] = Arrays.copyOfRange(of[p], e * size, (e + 1) * size);
            }
        }
        return all;
    }

    private void made(int size, int round, double[][] rates) {
        var view = new PreciseView(WORKERS, 1);
        var caches = caches(view, 1);
        rates[3][round] = rate(size, (p, at) -> stored(caches[p % WORKERS], p, at, size, 0));
        rates[4][round] = rate(size, (p, at) -> stored(caches[(p + 1) % WORKERS], p, at, size, 0));
        check(view.stats().getFirst().index(), 1L * PATHS * BLOCKS, 2L * PATHS * BLOCKS);
        rates[5][round] = rate(size, (p, at) -> {
            int from = BLOCKS - at - size;
            caches[(p + 1) % WORKERS].removed(CacheTier.GPU, Arrays.copyOfRange(hashes[p], from, from + size), size);
        });
        check(view.stats().getFirst().index(), 1L * PATHS * BLOCKS, 1L * PATHS * BLOCKS);
    }

    private static EngineCache[] caches(PreciseView view, int hashing) {
        var caches = new EngineCache[WORKERS];
        for (int w = 0; w < WORKERS; w++) {
            caches[w] = view.cache(Tenancy.of(w, w), 0, "m", false);
            caches[w].hashesAs(hashing);
        }
        return caches;
    }

    private void stored(EngineCache cache, int p, int at, int size, long seed) {
        long[] own = new long[size];
        for (int i = 0; i < size; i++) {
            own[i] = hashes[p][at + i] ^ seed;
        }
        var outcome = cache.stored(new StoredBlocks(
                CacheTier.GPU,
                at > 0,
                at > 0 ? hashes[p][at - 1] ^ seed : 0,
                own,
                size,
                Arrays.copyOfRange(tokens[p], at * TOKENS, (at + size) * TOKENS),
                size * TOKENS,
                TOKENS,
                null,
                null,
                null));
        if (outcome != StoredOutcome.STORED) {
            throw new AssertionError(outcome);
        }
    }

    private interface Event {
        void at(int path, int block);
    }

    private double rate(int size, Event event) {
        System.gc();
        return measured(
                step -> {
                    for (int p = 0; p < PATHS; p++) {
                        event.at(p, step * size);
                    }
                },
                BLOCKS / size);
    }

    private double measured(IntConsumer step, int steps) {
        long cpu = processNanos();
        long wall = System.nanoTime();
        for (int s = 0; s < steps; s++) {
            step.accept(s);
        }
        long spent = Math.max(processNanos() - cpu, cpuAlone ? 0 : System.nanoTime() - wall);
        return 1e3 * PATHS * BLOCKS / spent;
    }

    /** CPU time of all threads, by the scheduler's word where it is to be had: else it comes in steps of 10 ms. */
    private static long processNanos() {
        try (var threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            long sum = 0;
            for (Path each : threads) {
                String ran = Files.readString(each.resolve("schedstat"));
                sum += Long.parseLong(ran, 0, ran.indexOf(' '), 10);
            }
            return sum;
        } catch (IOException e) {
            return SYSTEM.getProcessCpuTime();
        }
    }

    /** From frames to the index: msgpack and keys included. */
    private void frames() throws IOException {
        int size = 64;
        byte[][][] frames = new byte[PATHS][BLOCKS / size][];
        for (int p = 0; p < PATHS; p++) {
            for (int e = 0; e < BLOCKS / size; e++) {
                frames[p][e] = frame(p, e * size, size);
            }
        }
        double[] rates = new double[WARM_UP + ROUNDS];
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            var view = new PreciseView(WORKERS, 1);
            var caches = caches(view, 1);
            var decoder = new KvEventDecoder(EventDialect.VLLM);
            rates[round] = rate(
                    size, (p, at) -> decoder.decode(frames[p][at / size], event -> apply(caches[p % WORKERS], event)));
            check(view.stats().getFirst().index(), 1L * PATHS * BLOCKS, 1L * PATHS * BLOCKS);
        }
        System.out.printf("raw frames of one event of %d blocks: %.1f M blocks/s%n", size, median(rates));
    }

    private static void apply(EngineCache cache, KvEvent event) {
        cache.stored(new StoredBlocks(
                CacheTier.GPU,
                event.hasParent(),
                event.parent(),
                event.hashes(),
                event.count(),
                event.tokens(),
                event.tokenCount(),
                event.blockSize(),
                event.adapter(),
                event.salt(),
                event.hasExtras() ? event.extras() : null));
    }

    private byte[] frame(int p, int at, int size) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.write(0x93);
        out.write(0xCB);
        out.writeDouble(1);
        out.write(0x91);
        out.write(0x87);
        text(out, "type");
        text(out, "BlockStored");
        text(out, "block_hashes");
        out.write(0xDC);
        out.writeShort(size);
        for (int i = 0; i < size; i++) {
            out.write(0xCF);
            out.writeLong(hashes[p][at + i]);
        }
        text(out, "parent_block_hash");
        if (at == 0) {
            out.write(0xC0);
        } else {
            out.write(0xCF);
            out.writeLong(hashes[p][at - 1]);
        }
        text(out, "token_ids");
        out.write(0xDC);
        out.writeShort(size * TOKENS);
        for (int i = 0; i < size * TOKENS; i++) {
            int id = tokens[p][at * TOKENS + i];
            if (id < 65_536) {
                out.write(0xCD);
                out.writeShort(id);
            } else {
                out.write(0xCE);
                out.writeInt(id);
            }
        }
        text(out, "block_size");
        out.write(TOKENS);
        text(out, "medium");
        text(out, "GPU");
        text(out, "group_idx");
        out.write(0);
        out.write(0);
        return bytes.toByteArray();
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        out.write(0xA0 | text.length());
        out.writeBytes(text);
    }

    /** 6,250 blocks over 256 lanes, of which lane w holds (w + 1)/256, beside 256 other paths. */
    private void lookups() {
        int blocks = 6_250;
        for (int runs : new int[] {1, 16, 128}) {
            var index = new EventIndex(1, Long.MAX_VALUE);
            var random = new SplittableRandom(5);
            index.change(
                    () -> {
                        for (int w = 0; w < WORKERS; w++) {
                            index.takeLane();
                        }
                        return index.takeSpace();
                    },
                    0);
            long[] path = PrefixIndexBenchmark.chain(random, blocks);
            for (int w = 0; w < WORKERS; w++) {
                long[] other = PrefixIndexBenchmark.chain(random, BLOCKS);
                insert(index, w, other, BLOCKS);
                insert(index, w, path, blocks * (w + 1) / WORKERS);
            }
            for (int r = 1; r < runs; r++) {
                int leaves = blocks * r / runs;
                long[] branch = Arrays.copyOf(path, leaves + 10);
                System.arraycopy(PrefixIndexBenchmark.chain(random, 10), 0, branch, leaves, 10);
                insert(index, WORKERS - 1, branch, branch.length);
            }
            int[] answer = new int[WORKERS];
            long[] active = new long[WORKERS / 64];
            double[] micros = new double[9];
            for (int round = 0; round < micros.length; round++) {
                long began = now();
                for (int i = 0; i < 20_000; i++) {
                    Arrays.fill(answer, 0);
                    if (index.lookup(1, path, blocks, answer, active) != blocks || answer[127] != blocks / 2) {
                        throw new AssertionError("wrong answer " + answer[127]);
                    }
                }
                micros[round] = (now() - began) / 20_000e3;
            }
            System.out.printf(
                    "lookup of %d blocks in %d runs over %d lanes: %.2f us%n", blocks, runs, WORKERS, median(micros));
        }
    }

    private long now() {
        return cpuAlone ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }

    private static void insert(EventIndex index, int lane, long[] path, int n) {
        index.change(() -> index.store(1, 1, lane, -1, false, 0, path, n, (_, _) -> path), EventIndex.Stored.FULL);
    }

    private void memory() {
        // what classes and the jars that they are looked for in take is no part of it
        stored(caches(new PreciseView(WORKERS, 1), 1)[0], 0, 0, 64, 0);
        long empty = usedHeap();
        var view = new PreciseView(WORKERS, 1);
        var caches = caches(view, 1);
        all(caches, 64, 0, 0);
        System.out.printf("bytes a block held once: %.2f%n", 1.0 * (usedHeap() - empty) / PATHS / BLOCKS);
        for (int shift = 1; shift < 20; shift++) {
            all(caches, 64, shift, 0);
        }
        System.out.printf(
                "bytes a block-replica, 20 replicas that hash alike: %.2f%n",
                1.0 * (usedHeap() - empty) / 20 / PATHS / BLOCKS);
        check(view.stats().getFirst().index(), 1L * PATHS * BLOCKS, 20L * PATHS * BLOCKS);
        ownSeeds();
    }

    private void ownSeeds() {
        long empty = usedHeap();
        var view = new PreciseView(20, 1);
        for (int r = 0; r < 20; r++) {
            var cache = view.cache(Tenancy.of(r, r), 0, "m", false);
            long seed = 0x9E3779B97F4A7C15L * (r + 1);
            for (int at = 0; at < BLOCKS; at += 64) {
                for (int p = 0; p < PATHS; p++) {
                    stored(cache, p, at, 64, seed);
                }
            }
        }
        check(view.stats().getFirst().index(), 1L * PATHS * BLOCKS, 20L * PATHS * BLOCKS);
        System.out.printf(
                "bytes a block-replica, 20 replicas with seeds of their own: %.2f%n",
                1.0 * (usedHeap() - empty) / 20 / PATHS / BLOCKS);
        check(view.stats().getFirst().index(), 1L * PATHS * BLOCKS, 20L * PATHS * BLOCKS);
    }

    private void all(EngineCache[] caches, int size, int shift, long seed) {
        for (int at = 0; at < BLOCKS; at += size) {
            for (int p = 0; p < PATHS; p++) {
                stored(caches[(p + shift) % WORKERS], p, at, size, seed);
            }
        }
    }

    private static long usedHeap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static void check(PrefixIndex.Stats stats, long blocks, long replicas) {
        if (stats.blocks() != blocks || stats.replicas() != replicas) {
            throw new AssertionError("the index holds " + stats);
        }
    }

    /** Of the last {@value #ROUNDS}, or all if there are fewer. */
    private static double median(double[] values) {
        double[] sorted = Arrays.copyOfRange(values, Math.max(0, values.length - ROUNDS), values.length);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
