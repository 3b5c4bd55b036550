package io.kvasir.prefix;

import io.kvasir.request.PromptSink.Part;
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
 * What the view costs a request on its event loop, with 100 endpoints whose caches of 500,000 tokens are full, so that
 * every new block evicts an old one. Prompts share a system prompt of 8 KB with a tenth of the others.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ApproximateViewBenchmark {
    private static final int ENDPOINTS = 100;
    private static final int SHARED = 8_192;

    /** Bytes of a prompt that nothing shares. */
    @Param({"8192", "400000"})
    public int unshared;

    private final SplittableRandom random = new SplittableRandom(1);
    private final ApproximateView view = new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 1);
    private final PrefixMatches answer = new PrefixMatches();
    private final PromptKeyer keyer = new PromptKeyer();
    private final byte[] system = new byte[SHARED];
    private byte[] question = new byte[0];

    /** Fills the caches. */
    @Setup
    public void fill() {
        question = new byte[unshared];
        random.nextBytes(system);
        random.nextBytes(question);
        int toFill = ENDPOINTS * 500_000 / (unshared / 4);
        for (int i = 0; i < toFill * 5 / 4; i++) {
            route();
        }
    }

    /** The prompt's keys alone, to subtract. */
    @Benchmark
    public int keysOnly() {
        return key().schemes().size();
    }

    /** Keys, match, routed and finished. */
    @Benchmark
    public int route() {
        var keys = key();
        view.match(1, keys, ENDPOINTS, answer);
        int ordinal = random.nextInt(ENDPOINTS);
        view.routed(1, keys, ordinal, 500).finished(250);
        return answer.tokens(ordinal);
    }

    private PromptKeys key() {
        system[0] = (byte) random.nextInt(10);
        question[0] = (byte) random.nextInt();
        question[1] = (byte) random.nextInt();
        question[2] = (byte) random.nextInt();
        keyer.reset(view.schemes());
        keyer.begin(Part.PROMPT);
        keyer.text(system, 0, system.length);
        keyer.text(question, 0, question.length);
        keyer.end(Part.PROMPT);
        return keyer.finish();
    }
}
