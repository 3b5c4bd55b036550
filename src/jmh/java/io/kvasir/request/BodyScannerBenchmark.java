package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import io.kvasir.prefix.KeyScheme;
import io.kvasir.prefix.KeySchemes;
import io.kvasir.prefix.PromptKeyer;
import java.io.IOException;
import java.util.Random;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to read a body that arrives in chunks of 16 KiB, alone and with the keys of its prompt. Sampled, because
 * the median of short operations is still right on a machine that does other work.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 8, time = 1)
@Fork(1)
public class BodyScannerBenchmark {
    private static final int CHUNK = 16 * 1024;
    private static final JsonFactory JSON = new JsonFactory();

    /** Bytes of the body, roughly. */
    @Param({"40000", "400000"})
    public int size;

    /** What the body is made of, see {@link BenchmarkBodies}. */
    @Param({"CHAT", "NESTED_JSON", "CHINESE", "ESCAPED_CHINESE", "TOKEN_IDS", "IMAGE", "MEMBERS"})
    public BenchmarkBodies kind = BenchmarkBodies.CHAT;

    private final BodyScanner scanner = new BodyScanner();
    private final CountingSink counter = new CountingSink();
    private final KeySchemes schemes = KeySchemes.of(KeyScheme.Text.FINEST, KeyScheme.Tokens.FINEST);
    private final PromptKeyer keys = new PromptKeyer();
    private byte[] body = {};
    private Dialect dialect = Dialect.CHAT_COMPLETIONS;

    @Setup
    public void write() {
        body = kind.body(size, new Random(7)).getBytes(UTF_8);
        dialect = kind == BenchmarkBodies.TOKEN_IDS ? Dialect.COMPLETIONS : Dialect.CHAT_COMPLETIONS;
    }

    @TearDown
    public void check() {
        var made = keys.finish().first(schemes);
        if (counter.sum == 0 && (made == null || made.blocks() == 0) && kind != BenchmarkBodies.MEMBERS) {
            throw new IllegalStateException("nothing was read");
        }
    }

    @Benchmark
    public Request scan() {
        return scan(counter);
    }

    @Benchmark
    public Request scanAndKey() {
        keys.reset(schemes);
        Request request = scan(keys);
        keys.finish();
        return request;
    }

    /** The floor that is not ours: Jackson's parser for bodies in pieces, every string unescaped and thrown away. */
    @Benchmark
    public long jackson() throws IOException {
        long sum = 0;
        try (var parser = JSON.createNonBlockingByteArrayParser()) {
            var feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
            for (int from = 0; from < body.length; from += CHUNK) {
                feeder.feedInput(body, from, Math.min(body.length, from + CHUNK));
                for (var token = parser.nextToken();
                        token != JsonToken.NOT_AVAILABLE && token != null;
                        token = parser.nextToken()) {
                    sum += token == JsonToken.VALUE_STRING ? parser.getTextLength() : 1;
                }
            }
            feeder.endOfInput();
            counter.sum += sum;
            return parser.nextToken() == null ? sum : -1;
        }
    }

    private Request scan(PromptSink sink) {
        scanner.reset(dialect, sink);
        for (int from = 0; from < body.length; from += CHUNK) {
            scanner.feed(body, from, Math.min(CHUNK, body.length - from));
        }
        scanner.finish();
        return scanner.request();
    }

    /** Looks at what it is given without doing anything with it. */
    private static final class CountingSink implements PromptSink {
        private long sum;

        @Override
        public void begin(Part part) {
            sum++;
        }

        @Override
        public void text(byte[] bytes, int offset, int length) {
            sum += bytes[offset] + length;
        }

        @Override
        public void token(int id) {
            sum += id;
        }

        @Override
        public void end(Part part) {
            sum++;
        }
    }
}
