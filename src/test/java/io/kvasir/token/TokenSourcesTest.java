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
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
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
    private final Set<String> refusing = ConcurrentHashMap.newKeySet();
    private final HttpServer engine = engine();

    private HttpServer engine() {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                String path = exchange.getRequestURI().getPath();
                asked.computeIfAbsent(path, _ -> new AtomicInteger()).incrementAndGet();
                exchange.getRequestBody().readAllBytes();
                byte[] answer = pages.getOrDefault(path, "{}").getBytes(StandardCharsets.UTF_8);
                int status = refusing.contains(path) ? 400 : pages.containsKey(path) ? 200 : 404;
                exchange.sendResponseHeaders(status, answer.length);
                exchange.getResponseBody().write(answer);
                exchange.close();
            });
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
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
                null,
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
    void promptsWithThinkingOrUseOfToolsAreCheckedByThemselves() {
        var kinds = Stream.of("{}", "{\"type\":\"thinking\"}", "{\"type\":\"tool_use\"}", "{\"type\":\"tool_result\"}")
                .map(body -> Trust.kind("m", Dialect.MESSAGES, body.getBytes(StandardCharsets.UTF_8)));
        assertThat(kinds).doesNotHaveDuplicates();
    }

    @Test
    void ofAnthropicsMessagesAnEngineIsAskedByItsOwnPage() throws Exception {
        try (var sources = sources(Map.of(), true)) {
            pages.put("/v1/messages/render", "{\"token_ids\":[7,8,9]}");
            assertThat(find(sources, prompt(Dialect.MESSAGES, CHAT)).ids()).containsExactly(7, 8, 9);
            assertThat(asked("/v1/messages/render")).isEqualTo(1);
        }
    }

    @Test
    void whereNobodyKnowsTheRequestDoesNotWait() throws Exception {
        try (var sources = sources(Map.of(), true)) {
            assertThat(sources.find(prompt(Dialect.GENERATE, CHAT), _ -> {})).isFalse();
            assertThat(find(sources, prompt(Dialect.CHAT_COMPLETIONS, CHAT)).source())
                    .isEqualTo(TokenSource.ESTIMATE);
            // both pages are known to be missing now
            assertThat(sources.find(prompt(Dialect.CHAT_COMPLETIONS, CHAT), _ -> {}))
                    .isFalse();
            assertThat(sources.find(
                            new TextPrompt("m", Request.withoutBody(Dialect.CHAT_COMPLETIONS), null, null), _ -> {}))
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

    /** The engine takes requests and answers none, until what is returned is counted down; of bodies it tells the beginning. */
    private CountDownLatch hang() {
        var answered = new CountDownLatch(1);
        engine.removeContext("/");
        engine.createContext("/", exchange -> {
            asked.computeIfAbsent("/", _ -> new AtomicInteger()).incrementAndGet();
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            try {
                answered.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        return answered;
    }

    @Test
    void anEngineThatNeverEndsItsAnswerIsGivenUp() throws Exception {
        var answered = hang();
        var engines = new EngineTokens(pool, null, now::get, Duration.ofMillis(1));
        try (var sources = TokenSources.load(Map.of(), engines, PATIENT, now::get)) {
            var prompt = prompt(Dialect.RESPONSES, "{\"model\":\"m\",\"input\":\"hi\"}");
            assertThat(find(sources, prompt).ids()).isEmpty();
            assertThat(sources.counts().count(TokenGap.NO_ENGINE)).isEqualTo(1);
            await().atMost(PATIENT).until(() -> engines.asked() == 0);
            assertThat(sources.find(prompt, _ -> {})).isFalse();
            now.addAndGet(Duration.ofSeconds(6).toNanos());
            assertThat(find(sources, prompt).ids()).isEmpty();
            // twice as long now
            now.addAndGet(Duration.ofSeconds(6).toNanos());
            assertThat(sources.find(prompt, _ -> {})).isFalse();
        } finally {
            answered.countDown();
        }
    }

    @Test
    void enginesAreAskedForFewPromptsAtOnce() throws Exception {
        var answered = hang();
        var engines = new EngineTokens(pool, null, now::get, PATIENT);
        try (var sources = TokenSources.load(Map.of(), engines, PATIENT, now::get)) {
            var prompt = prompt(Dialect.CHAT_COMPLETIONS, CHAT);
            var ended = new AtomicInteger();
            int begun = 0;
            for (int i = 0; i < 4 * EngineTokens.MOST_ASKED; i++) {
                begun += sources.find(prompt, _ -> ended.incrementAndGet()) ? 1 : 0;
            }
            int all = begun;
            await().atMost(PATIENT).until(() -> all - ended.get() == EngineTokens.MOST_ASKED);
            assertThat(sources.find(prompt, _ -> {})).isFalse();
            assertThat(asked("/")).isLessThanOrEqualTo(EngineTokens.MOST_ASKED);
        } finally {
            answered.countDown();
        }
    }

    @Test
    void aPromptIsShownOnlyToEnginesThatItMayGoTo() throws Exception {
        pages.put("/tokenize", "{\"tokens\":[1]}");
        try (var sources = sources(Map.of(), true)) {
            var prompt = prompt(Dialect.CHAT_COMPLETIONS, CHAT);
            var elsewhere = new TextPrompt("m", prompt.request(), List.of("127.0.0.9:1"), prompt.body());
            assertThat(sources.find(elsewhere, _ -> {})).isFalse();
            assertThat(asked).isEmpty();
            var here = new TextPrompt(
                    "m",
                    prompt.request(),
                    List.of("127.0.0.9:1", "127.0.0.1:" + engine.getAddress().getPort()),
                    prompt.body());
            assertThat(find(sources, here).ids()).containsExactly(1);
        }
    }

    @Test
    void aPageThatNeverKnowsIsLetAlone() throws Exception {
        refusing.add("/v1/responses/render");
        try (var sources = sources(Map.of(), true)) {
            var prompt = prompt(Dialect.RESPONSES, "{\"model\":\"m\",\"input\":\"hi\"}");
            for (int i = 0; i < EngineTokens.MOST_MISSES; i++) {
                assertThat(find(sources, prompt).ids()).isEmpty();
            }
            assertThat(asked("/v1/responses/render")).isEqualTo(EngineTokens.MOST_MISSES);
            assertThat(sources.find(prompt, _ -> {})).isFalse();
            now.addAndGet(Duration.ofSeconds(6).toNanos());
            refusing.clear();
            pages.put("/v1/responses/render", "{\"token_ids\":[1]}");
            assertThat(find(sources, prompt).ids()).containsExactly(1);
        }
    }

    @Test
    void aPromptThatMemoryIsTooSmallForIsNotTokenised() throws Exception {
        pages.put("/tokenize", "{\"tokens\":[1]}");
        try (var sources = sources(Map.of(), true)) {
            var prompt = prompt(Dialect.CHAT_COMPLETIONS, CHAT);
            var piece = ByteBuffer.wrap(new byte[1 << 20]);
            int pieces = (int) (Runtime.getRuntime().maxMemory() / 128 >> 20) + 1;
            var longer = new TextPrompt("m", prompt.request(), null, Collections.nCopies(pieces + 1, piece));
            assertThat(sources.find(longer, _ -> {})).isFalse();
            assertThat(sources.counts().count(TokenGap.TOO_LONG)).isEqualTo(1);
            assertThat(asked).isEmpty();
        }
    }

    @Test
    void nobodyWaitsForThreadsThatAreAtPromptsOfOthersForTooLong() throws Exception {
        var go = new CountDownLatch(1);
        TextTokenizer slow = (text, _) -> {
            try {
                if (text.equals("slow")) {
                    go.await();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new int[] {text.length()};
        };
        var cache = new TokenCache(1 << 20);
        var model = new ModelTokenizer(new PieceTokenizer(slow, Map.of(), cache), null);
        try (var sources = new TokenSources(Map.of("m", model), cache, null, Duration.ofMillis(1), now::get)) {
            var prompt = prompt(Dialect.COMPLETIONS, "{\"prompt\":\"slow\"}");
            var other = prompt(Dialect.COMPLETIONS, "{\"prompt\":\"other\"}");
            await().atMost(PATIENT).until(() -> !sources.find(prompt, _ -> {}));
            assertThat(sources.counts().count(TokenGap.BUSY)).isPositive();
            assertThat(sources.find(other, _ -> {})).isFalse();
            go.countDown();
            await().atMost(PATIENT).until(() -> sources.find(other, _ -> {}));
            await().atMost(PATIENT).until(() -> find(sources, other).source() == TokenSource.TOKENIZER);
        } finally {
            go.countDown();
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
    void theLibraryIsTakenFromBesideTheProgramAsAFile(@TempDir Path folder) throws IOException {
        String name = System.mapLibraryName("tokenizers");
        for (String kind : List.of("linux-x86_64", "linux-aarch64")) {
            Files.createDirectories(folder.resolve(kind));
            Files.createFile(folder.resolve(kind).resolve(name));
        }
        assertThat(NativeTokenizer.beside("/none" + File.pathSeparator + folder))
                .isNotNull()
                .isRegularFile()
                .hasFileName(name);
        assertThat(NativeTokenizer.beside("")).isNull();
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
