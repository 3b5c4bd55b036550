package io.kvasir.route;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a chunk of a streamed answer costs to account for, usage at the end of 256 chunks included. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ResponseMeterBenchmark {
    private static final int CHUNKS = 256;
    private static final byte[] CHUNK =
            ("data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\","
                            + "\"created\":1700000000,\"model\":\"meta-llama/Llama-3.1-8B-Instruct\",\"choices\":[{\"index\":0,"
                            + "\"delta\":{\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n")
                    .getBytes(US_ASCII);
    private static final byte[] LAST = ("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":2000,\"total_tokens\":2256,"
                    + "\"completion_tokens\":256,\"prompt_tokens_details\":{\"cached_tokens\":1984}}}\n\ndata: [DONE]\n\n")
            .getBytes(US_ASCII);

    private long told;

    private final ResponseBooks books = new ResponseBooks() {
        @Override
        public void firstToken() {
            told++;
        }

        @Override
        public void tokens(int count) {
            told += count;
        }

        @Override
        public void usage(int promptTokens, int cachedTokens, int completionTokens) {
            told += completionTokens;
        }
    };

    @Benchmark
    @OperationsPerInvocation(CHUNKS)
    public long chunk() {
        var meter = new ResponseMeter(books, true);
        for (int i = 0; i < CHUNKS - 1; i++) {
            meter.feed(CHUNK, 0, CHUNK.length);
        }
        meter.feed(LAST, 0, LAST.length);
        meter.end();
        return told;
    }
}
