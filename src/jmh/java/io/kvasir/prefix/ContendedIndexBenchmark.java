package io.kvasir.prefix;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Lookups of a path of 16 runs over 256 endpoints while another thread stores and removes without a pause, 64 blocks at
 * a time, on paths of all shards: far more changes than requests bring. {@code unanswered} counts lookups given up.
 */
@State(Scope.Group)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ContendedIndexBenchmark {
    private static final int ENDPOINTS = 256;
    private static final int BLOCKS = 1_600;

    /** Parts of the index; with one, every change disturbs every lookup. */
    @Param({"1", "16"})
    public int shards;

    private PrefixIndex index = new PrefixIndex(1, ENDPOINTS, 1, true);
    private final long[][] paths = new long[512][];
    private long[] path = new long[0];
    private int step;

    /** Fills the index. */
    @Setup
    public void fill() {
        index = new PrefixIndex(shards, ENDPOINTS, 1, true);
        var random = new SplittableRandom(1);
        path = PrefixIndexBenchmark.chain(random, BLOCKS);
        for (int w = 0; w < ENDPOINTS; w++) {
            index.insert(1, path, 0, BLOCKS * (w + 1) / ENDPOINTS, w, 0);
        }
        for (int r = 1; r < 16; r++) {
            long[] branch = Arrays.copyOf(path, r * 100 + 1);
            branch[r * 100] = random.nextLong();
            index.insert(1, branch, 0, branch.length, ENDPOINTS - 1, 0);
        }
        Arrays.setAll(paths, p -> PrefixIndexBenchmark.chain(random, 2_048));
    }

    /** Outcomes of a reader. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Reader {
        private final int[] answer = new int[ENDPOINTS];
        public long answered;
        public long unanswered;
    }

    /** One lookup. */
    @Benchmark
    @Group("contended")
    @GroupThreads(1)
    public int lookUp(Reader reader) {
        Arrays.fill(reader.answer, 0);
        int known = index.lookup(1, path, BLOCKS, reader.answer, ENDPOINTS);
        if (known == PrefixIndex.CONTENDED) {
            reader.unanswered++;
        } else {
            reader.answered++;
        }
        return known;
    }

    /** One change. */
    @Benchmark
    @Group("contended")
    @GroupThreads(1)
    public void change() {
        int position = step / paths.length;
        int p = step % paths.length;
        int at = 64 * (position % 32);
        if (position < 32) {
            index.insert(1, paths[p], at, at + 64, p % ENDPOINTS, 0);
        } else {
            index.remove(1, paths[p], 2_048 - at - 64, 2_048 - at, p % ENDPOINTS);
        }
        step = (step + 1) % (64 * paths.length);
    }
}
