package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is asked for the tokens of a prompt, in which order, and what becomes of those who do not know. */
class TokenSourcesTest {
    private static final Duration PATIENT = Duration.ofMinutes(1);
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final AtomicLong now = new AtomicLong();
    private final Map<String, String> pages = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final HttpServer engine = engine();

    private HttpServer engine() {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                String path = exchange.getRequestURI().getPath();
                asked.computeIfAbsent(path, _ -> new AtomicInteger()).incrementAndGet();
                exchange.getRequestBody().readAllBytes();
                byte[] answer = pages.getOrDefault(path, "{}").getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(pages.containsKey(path) ? 200 : 404, answer.length);
                exchange.getResponseBody().write(answer);
                exchange.close();
            });
            server.start();
            pool.apply(List.of(
                    EndpointSpec.builder("one", "127.0.0.1", server.getAddress().getPort())
                            .model("m")
                            .build()));
            return server;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void stop() {
        engine.stop(0);
    }

    private int asked(String path) {
        return asked.getOrDefault(path, new AtomicInteger()).get();
    }

    private TokenSources sources(Map<String, Path> folders, boolean byEngines) throws Exception {
        return TokenSources.load(folders, byEngines ? new EngineTokens(pool, null, now::get) : null, PATIENT, now::get);
    }

    private static TextPrompt prompt(Dialect dialect, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        var scanner = new BodyScanner();
        scanner.reset(BodyFormat.of(dialect), PromptSink.NONE);
        scanner.feed(bytes, 0, bytes.length);
        scanner.finish();
        Request request = scanner.request();
        int half = bytes.length / 2;
        return new TextPrompt(
                "m",
                request,
                List.of(ByteBuffer.wrap(bytes, 0, half), ByteBuffer.wrap(bytes, half, bytes.length - half)));
    }

    /** What was found; null where nobody was asked. */
    private static TokenIds.Found find(TokenSources sources, TextPrompt prompt) {
        var found = new CompletableFuture<TokenIds.Found>();
        return sources.find(prompt, found::complete) ? found.join() : TokenIds.Found.NOTHING;
    }

    @Test
    void anEngineIsAskedToRenderAndElseToTokenise() throws Exception {
        try (var sources = sources(Map.of(), true)) {
            pages.put("/tokenize", "{\"count\":2,\"tokens\":[1,2],\"token_strs\":null}");
            var prompt = prompt(Dialect.CHAT_COMPLETIONS, CHAT);
            assertThat(find(sources, prompt).ids()).containsExactly(1, 2);
            assertThat(find(sources, prompt).source()).isEqualTo(TokenSource.ENGINE);
            assertThat(asked("/v1/chat/completions/render")).isEqualTo(1);
            assertThat(asked("/tokenize")).isEqualTo(2);
            pages.put("/v1/chat/completions/render", "{\"token_ids\":[7,8,9]}");
            now.addAndGet(Duration.ofMinutes(6).toNanos());
            assertThat(find(sources, prompt).ids()).containsExactly(7, 8, 9);
            pages.put("/v1/completions/render", "[{\"token_ids\":[5]}]");
            assertThat(find(sources, prompt(Dialect.COMPLETIONS, "{\"prompt\":\"a\"}"))
                            .ids())
                    .containsExactly(5);
            assertThat(sources.counts().count(TokenSource.ENGINE)).isEqualTo(4);
        }
    }

    @Test
    void whereNobodyKnowsTheRequestDoesNotWait() throws Exception {
        try (var sources = sources(Map.of(), true)) {
            assertThat(sources.find(prompt(Dialect.MESSAGES, CHAT), _ -> {})).isFalse();
            assertThat(find(sources, prompt(Dialect.CHAT_COMPLETIONS, CHAT)).source())
                    .isEqualTo(TokenSource.ESTIMATE);
            // both pages are known to be missing now
            assertThat(sources.find(prompt(Dialect.CHAT_COMPLETIONS, CHAT), _ -> {}))
                    .isFalse();
            assertThat(sources.find(new TextPrompt("m", Request.withoutBody(Dialect.CHAT_COMPLETIONS), null), _ -> {}))
                    .isFalse();
            assertThat(sources.counts().count(TokenSource.ESTIMATE)).isEqualTo(4);
            assertThat(sources.counts().count(TokenGap.BODY_GONE)).isEqualTo(1);
            assertThat(sources.counts().count(TokenGap.NO_ENGINE)).isEqualTo(3);
        }
        try (var nobody = sources(Map.of(), false)) {
            assertThat(nobody.find(prompt(Dialect.CHAT_COMPLETIONS, CHAT), _ -> {}))
                    .isFalse();
        }
    }

    @Test
    void whoTakesTooLongIsNotWaitedFor() throws Exception {
        var answered = new CountDownLatch(1);
        engine.removeContext("/");
        engine.createContext("/", exchange -> {
            try {
                answered.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        try (var sources =
                TokenSources.load(Map.of(), new EngineTokens(pool, null, now::get), Duration.ofMillis(1), now::get)) {
            assertThat(find(sources, prompt(Dialect.CHAT_COMPLETIONS, CHAT)).ids())
                    .isEmpty();
            assertThat(sources.counts().count(TokenGap.LATE)).isEqualTo(1);
        } finally {
            answered.countDown();
        }
    }

    @Test
    void aTokenizerThatContradictsTheEngineIsNotBelieved() throws Exception {
        var folder = TestTokenizers.folder("qwen3");
        try (var sources = sources(Map.of("m", folder), true)) {
            var prompt = prompt(Dialect.CHAT_COMPLETIONS, CHAT);
            pages.put("/v1/chat/completions/render", "{\"token_ids\":[1,2,3]}");
            assertThat(find(sources, prompt).source()).isEqualTo(TokenSource.TOKENIZER);
            await().atMost(PATIENT).until(() -> find(sources, prompt).source() == TokenSource.ENGINE);
            assertThat(sources.counts().compared()).isPositive();
            assertThat(find(sources, prompt).ids()).containsExactly(1, 2, 3);
            assertThat(sources.counts().count(TokenGap.CONTRADICTED)).isPositive();
            // of another kind the tokenizer is still asked
            String tools = CHAT.replace("}]}", "}],\"tools\":[{\"function\":{\"name\":\"f\"}}]}");
            assertThat(find(sources, prompt(Dialect.CHAT_COMPLETIONS, tools)).source())
                    .isEqualTo(TokenSource.TOKENIZER);
            now.addAndGet(Duration.ofMinutes(11).toNanos());
            assertThat(find(sources, prompt).source()).isEqualTo(TokenSource.TOKENIZER);
        }
    }

    @Test
    void whatATokenizerDoesNotKnowAnEngineMay() throws Exception {
        var folder = TestTokenizers.folder("qwen3");
        pages.put("/v1/chat/completions/render", "{\"token_ids\":[4]}");
        String picture =
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}]}";
        try (var sources = sources(Map.of("m", folder), true)) {
            var found = find(sources, prompt(Dialect.CHAT_COMPLETIONS, picture));
            assertThat(found.source()).isEqualTo(TokenSource.ENGINE);
            assertThat(sources.counts().count(TokenGap.NOT_TEXT)).isEqualTo(1);
        }
    }

    @Test
    void aFolderWithoutATokenizerIsToldInOneLine(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> sources(Map.of("m", folder), false))
                .isInstanceOf(TokenSources.BadTokenizerException.class)
                .hasMessageContaining("cannot be read")
                .hasMessageContaining(folder.toString());
        Files.writeString(folder.resolve("tokenizer.json"), "no JSON");
        assertThatThrownBy(() -> sources(Map.of("m", folder), false))
                .isInstanceOf(TokenSources.BadTokenizerException.class)
                .hasMessageContaining("is no tokenizer");
    }

    @Test
    void whatEnginesAnswerIsReadOrNot() {
        assertThat(ids("{\"tokens\":[]}")).isEmpty();
        assertThat(ids("{\"tokens\":[[1],[2]]}")).isNull();
        assertThat(ids("[{\"token_ids\":[1]},{\"token_ids\":[2]}]")).isNull();
        assertThat(ids("{\"tokens\":[1.5]}")).isNull();
        assertThat(ids("{\"tokens\":[99999999999]}")).isNull();
        assertThat(ids("not JSON")).isNull();
    }

    private static int @Nullable [] ids(String json) {
        return EngineTokens.ids(json.getBytes(StandardCharsets.UTF_8));
    }
}
