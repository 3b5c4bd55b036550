package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
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
 * What it costs a request that its prompt is believed in until the engine tells of it: from the pick to the answer's end,
 * beside 64 others that are there, at one of 64 endpoints that tell what they hold. Without its lookup before the pick.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SentPathsBenchmark {
    private static final int ENDPOINTS = 64;
    private static final int SIZE = 16;
    private static final String MODEL = "m";
    private static final long NAMESPACE = PrefixNamespace.of(MODEL, null, null);

    /** Blocks of a prompt. */
    @Param({"128", "6250"})
    public int blocks;

    private final PreciseView view = new PreciseView(ENDPOINTS, 1);
    private final PromptKeys[] prompts = new PromptKeys[ENDPOINTS];
    private PromptKeys untold = KeysOfTokens.of(KeySchemes.of(new KeyScheme.Tokens(SIZE)), 1);
    private int turn;

    /** Each endpoint has told of a prompt, and has been sent another. */
    @Setup
    public void fill() {
        var random = new SplittableRandom(1);
        var schemes = KeySchemes.of(new KeyScheme.Tokens(SIZE));
        for (int o = 0; o < ENDPOINTS; o++) {
            long tenancy = Tenancy.of(o, 1);
            view.coverage(tenancy, 1);
            int[] prompt = random.ints((long) blocks * SIZE + 1, 0, 150_000).toArray();
            view.cache(tenancy, 0, MODEL, false)
                    .stored(new StoredBlocks(
                            CacheTier.GPU,
                            false,
                            0,
                            random.longs(blocks).toArray(),
                            blocks,
                            prompt,
                            blocks * SIZE,
                            SIZE,
                            null,
                            null,
                            null));
            prompts[o] = KeysOfTokens.of(schemes, prompt);
            int[] other = random.ints((long) blocks * SIZE + 1, 0, 150_000).toArray();
            var _ = view.routed(NAMESPACE, KeysOfTokens.of(schemes, other), tenancy, 0);
        }
        untold = KeysOfTokens.of(
                schemes, random.ints((long) blocks * SIZE + 1, 0, 150_000).toArray());
    }

    /** A prompt of which the engine has told already. */
    @Benchmark
    public void told() {
        int o = turn++ & ENDPOINTS - 1;
        view.routed(NAMESPACE, prompts[o], Tenancy.of(o, 1), 0).finished(1);
    }

    /** A prompt that is new, and is taken back. */
    @Benchmark
    public void untoldAndWithdrawn() {
        int o = turn++ & ENDPOINTS - 1;
        view.routed(NAMESPACE, untold, Tenancy.of(o, 1), 0).withdrawn();
    }
}
