package io.kvasir.prefix;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

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

/** Keys of a 400 KB chat, from the sink's calls on: 8 messages, their text in pieces of some bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PrefixKeysBenchmark {
    private static final KeySchemes SCHEMES = KeySchemes.of(KeyScheme.Text.FINEST, KeyScheme.Tokens.FINEST);
    private static final int MESSAGES = 8;
    private static final int TEXT = 50_000;
    private static final byte[] ROLE = "user".getBytes(US_ASCII);

    /** 16,384: as sockets deliver; 60: an escape at the end of each line. */
    @Param({"16384", "60"})
    public int piece;

    private final PromptKeyer keys = new PromptKeyer();
    private final byte[] text = new byte[TEXT];

    /** Fills the text. */
    @Setup
    public void fill() {
        var random = new SplittableRandom(1);
        for (int i = 0; i < TEXT; i++) {
            text[i] = (byte) ('a' + random.nextInt(26));
        }
    }

    /** One request. */
    @Benchmark
    public long key400KilobytesOfChat() {
        keys.reset(SCHEMES);
        for (int m = 0; m < MESSAGES; m++) {
            keys.begin(Part.MESSAGE);
            keys.begin(Part.ROLE);
            keys.text(ROLE, 0, ROLE.length);
            keys.end(Part.ROLE);
            keys.begin(Part.TEXT);
            for (int at = 0; at < TEXT; at += piece) {
                keys.text(text, at, Math.min(piece, TEXT - at));
            }
            keys.end(Part.TEXT);
            keys.end(Part.MESSAGE);
        }
        var made = requireNonNull(keys.finish().of(KeyScheme.Text.FINEST));
        return made.keys()[made.blocks() - 1];
    }
}
