package io.kvasir.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptFanOut;
import io.kvasir.request.PromptFanOut.Listener;
import java.util.List;
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

/** A chat body of 400,000 bytes from its bytes to its keys, in chunks of 16 KB; MB/s = 400,000 / the figure. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ScanAndKeyBenchmark {
    private static final KeySchemes SCHEMES = KeySchemes.of(KeyScheme.Text.FINEST, KeyScheme.Tokens.FINEST);
    private static final int SIZE = 400_000;
    private static final int CHUNK = 16_384;

    /** Lines: an escaped line break about every 60 bytes and now and then a quote. Plain: no escapes. */
    @Param({"lines", "plain"})
    public String text = "lines";

    private final boolean fanOut = !Boolean.getBoolean("direct");

    private final BodyScanner scanner = new BodyScanner();
    private final PromptKeyer keys = new PromptKeyer();
    private final PromptFanOut heard = new PromptFanOut(List.of(Listener.unbounded(keys)), new PromptFanOut.Counts());
    private byte[] body = new byte[0];

    /** Makes the body. */
    @Setup
    public void fill() {
        var random = new SplittableRandom(1);
        var json = new StringBuilder("{\"messages\":[");
        for (int m = 0; m < 8; m++) {
            json.append("{\"role\":\"")
                    .append(m % 2 == 0 ? "user" : "assistant")
                    .append("\",\"content\":\"");
            for (int end = SIZE * (m + 1) / 8 - 20; json.length() < end; ) {
                int roll = random.nextInt(60);
                if (text.equals("lines") && roll < 2) {
                    json.append(roll == 0 || random.nextInt(3) > 0 ? "\\n" : "\\\"");
                } else {
                    json.append(roll < 12 ? ' ' : (char) ('a' + random.nextInt(26)));
                }
            }
            json.append("\"},");
        }
        json.setCharAt(json.length() - 1, ']');
        body = json.append(",\"model\":\"m\",\"stream\":true}").toString().getBytes(UTF_8);
    }

    /** One request. */
    @Benchmark
    public long scanAndKey() {
        keys.reset(SCHEMES);
        heard.reset();
        scanner.reset(Dialect.CHAT_COMPLETIONS, fanOut ? heard : keys);
        for (int at = 0; at < body.length; at += CHUNK) {
            scanner.feed(body, at, Math.min(CHUNK, body.length - at));
        }
        scanner.finish();
        var made = requireNonNull(keys.finish().of(KeyScheme.Text.FINEST));
        return made.keys()[made.blocks() - 1];
    }
}
