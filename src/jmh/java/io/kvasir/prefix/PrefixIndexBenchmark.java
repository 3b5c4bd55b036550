package io.kvasir.prefix;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Looks up 6,250 blocks over 256 endpoints, keys given: endpoint w holds (w + 1)/256 of the path, and 256 other paths
 * of 2,048 blocks are in the index.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PrefixIndexBenchmark {
    private static final int ENDPOINTS = 256;
    private static final int BLOCKS = 6_250;

    /** Runs that the path consists of: other prompts leave it at as many points. */
    @Param({"1", "16", "128"})
    public int runs;

    private final PrefixIndex index = new PrefixIndex(16, ENDPOINTS, 1, true);
    private final int[] answer = new int[ENDPOINTS];
    private long[] path = new long[0];

    /** Fills the index. */
    @Setup
    public void fill() {
        var random = new SplittableRandom(1);
        for (int c = 0; c < 256; c++) {
            long[] other = chain(random, 2_048);
            index.insert(1, other, 0, other.length, c, 0);
        }
        path = chain(random, BLOCKS);
        for (int w = 0; w < ENDPOINTS; w++) {
            index.insert(1, path, 0, BLOCKS * (w + 1) / ENDPOINTS, w, 0);
        }
        for (int r = 1; r < runs; r++) {
            int leaves = BLOCKS * r / runs;
            long[] branch = Arrays.copyOf(path, leaves + 10);
            System.arraycopy(chain(random, 10), 0, branch, leaves, 10);
            index.insert(1, branch, 0, branch.length, ENDPOINTS - 1, 0);
        }
    }

    static long[] chain(SplittableRandom random, int blocks) {
        long[] keys = new long[blocks];
        Arrays.setAll(keys, i -> random.nextLong());
        return keys;
    }

    /** The answer array cleared and filled. */
    @Benchmark
    public int lookUp6250BlocksOver256Endpoints() {
        Arrays.fill(answer, 0);
        int known = index.lookup(1, path, BLOCKS, answer, ENDPOINTS);
        if (known != BLOCKS || answer[ENDPOINTS / 2 - 1] != BLOCKS / 2) {
            throw new AssertionError("wrong answer");
        }
        return answer[17];
    }
}
