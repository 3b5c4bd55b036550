package io.kvasir.token;

import static java.util.Objects.requireNonNull;

import io.kvasir.request.Dialect;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The next turn of a conversation of 100,000 tokens, of which 500 are new, with Qwen3's tokenizer and template from
 * {@code target/tokenizers}: all of it (the body read, the chat rendered, tokens put together), and the tokens of a rendered
 * chat alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class NextTurnBenchmark {
    private static final int MESSAGES = 160;
    private static final int WORDS = 440;

    private final TokenCache cache = new TokenCache(64 << 20);
    private final SplittableRandom random = new SplittableRandom(1);
    private @Nullable ModelTokenizer model;
    private String history = "";
    private String rendered = "";

    @Setup
    public void load() throws IOException, UntoldException {
        model = TokenizerFolder.load(Path.of("target/tokenizers/qwen3"), cache, note -> {});
        var messages = new StringBuilder();
        var chat = new StringBuilder();
        for (int m = 0; m < MESSAGES; m++) {
            String text = words(WORDS);
            String role = m % 2 == 0 ? "user" : "assistant";
            messages.append("{\"role\":\"" + role + "\",\"content\":\"")
                    .append(text)
                    .append("\"},");
            chat.append("<|im_start|>" + role + "\n").append(text).append("<|im_end|>\n");
        }
        history = messages.toString();
        rendered = chat.toString();
        System.out.println("tokens of the conversation: " + wholeRequest().length);
    }

    /** So many words of one to two tokens, which nobody has seen before. */
    private String words(int count) {
        var text = new StringBuilder();
        for (int w = 0; w < count; w++) {
            text.append(w == 0 ? "" : " ").append(Long.toString(random.nextLong(1_000), 36));
        }
        return text.toString();
    }

    @Benchmark
    public int[] wholeRequest() throws UntoldException {
        String body = "{\"messages\":[" + history + "{\"role\":\"user\",\"content\":\"" + words(WORDS / 2) + "\"}]}";
        return requireNonNull(model).tokens(Dialect.CHAT_COMPLETIONS, body.getBytes(StandardCharsets.UTF_8));
    }

    @Benchmark
    public int[] tokensOfARenderedChat() {
        return requireNonNull(model)
                .tokenizer()
                .encode(rendered + "<|im_start|>user\n" + words(WORDS / 2) + "<|im_end|>\n", false);
    }
}
