package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ServedModel;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a path is taken for, however it is written, and what is answered where no engine is asked. */
class PathsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";

    private final RawUpstream engine = new RawUpstream(RawUpstream.answering(200, "{}"));
    private final ProxyFixture proxy = ProxyFixture.over(engine.spec("a"));

    PathsTest() throws Exception {}

    /** On a connection of its own: one that is refused before its body is read ends with the answer. */
    private RawClient.Answer post(String path, String body, String... headers) throws Exception {
        try (var client = proxy.client()) {
            return client.post(path, body, headers).answer();
        }
    }

    /** The head alone where no body follows. */
    private RawClient.Answer ask(String method, String path, String... headers) throws Exception {
        try (var client = proxy.client()) {
            var head = client.send(method + " " + path + " HTTP/1.1\r\nhost: x\r\n" + String.join("", headers) + "\r\n")
                    .head();
            return head.headers().containsKey("content-length") && !method.equals("HEAD") ? client.rest(head) : head;
        }
    }

    private RawClient.Answer get(String path, String... headers) throws Exception {
        try (var client = proxy.client()) {
            return client.get(path, headers).answer();
        }
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        engine.close();
    }

    private static void assertError(RawClient.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(new JsonObject(answer.body()).getJsonObject("error").getString("code"))
                .isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/load_lora_adapter",
                "/v1/%6coad_lora_adapter",
                "/v1/unload%5Flora_adapter/",
                "/llm/m/v1/load_lora_adapter",
                "/v1/sleep",
                "/sleep",
                "/v1/x/flush_cache",
                "/wake_up",
                "/llm/sleep",
                "http://x/v1/load_lora_adapter"
            })
    void whatChangesOneReplicaIsNotFoundHoweverItIsWritten(String path) throws Exception {
        assertError(post(path, "{}"), 404, "unknown_url");
        assertError(get(path), 404, "unknown_url");
        assertThat(engine.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/%256coad_lora_adapter",
                "/v1%2fload_lora_adapter",
                "/v1//load_lora_adapter",
                "//v1/load_lora_adapter",
                "/v1/load_lora_adapter;x",
                "/v1/load_lora_adapter%00",
                "/v1/models/..%2fload_lora_adapter",
                "/v1/x/%2e%2e/load_lora_adapter",
                "/v1/\u00c0\u00afx",
                "/v1/%c0%ae%c0%ae/x"
            })
    void pathsThatCouldBeReadAsOthersAreRefused(String path) throws Exception {
        assertError(post(path, "{}"), 400, "invalid_url");
        assertError(get(path), 400, "invalid_url");
        assertThat(engine.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/%63ompletions",
                "/v1/%63hat/completions/",
                "/v1/chat/completions/",
                "http://x:1/v1/chat/completions"
            })
    void aKnownApiIsAskedForByItsOneName(String path) throws Exception {
        assertThat(post(path, BODY).status()).isEqualTo(200);
        assertThat(engine.next().head()).startsWith("POST " + CHAT + " HTTP/1.1\r\n");
        // and its body is read as what it is
        assertError(post(path, "{\"messages\":"), 400, "malformed_body");
        proxy.assertNothingHeld();
    }

    @Test
    void bytesBeyondAsciiGoOnEscaped() throws Exception {
        assertThat(get("/v1/files/\u00c3\u00a9").status()).isEqualTo(200);
        assertThat(engine.next().head()).startsWith("GET /v1/files/%C3%A9 HTTP/1.1\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/rerank",
                "/v2/rerank",
                "/v1/rerank",
                "/score",
                "/pooling",
                "/classify",
                "/tokenize",
                "/detokenize",
                "/generate"
            })
    void apisOfAnEnginesRootPass(String path) throws Exception {
        assertThat(post(path, "{\"model\":\"m\",\"query\":\"q\"}").status()).isEqualTo(200);
        assertThat(engine.next().head()).startsWith("POST " + path + " HTTP/1.1\r\n");
        assertThat(post("/llm/m" + path, "{\"query\":\"q\"}").status()).isEqualTo(200);
        assertThat(engine.next().text()).isEqualTo("{\"model\":\"m\",\"query\":\"q\"}");
        proxy.assertNothingHeld();
    }

    @ParameterizedTest
    @CsvSource({
        "/team-a/v1/chat/completions, /v1/chat/completions",
        "/ns/name/v1/completions?x=1, /v1/completions?x=1",
        "/publishers/ns/models/m/v1/chat/completions/, /v1/chat/completions",
        "/openai/deployments/m/chat/completions?api-version=1, /v1/chat/completions?api-version=1",
        "/a/b/c/v1/embeddings, /v1/embeddings",
        "/anthropic/v1/messages/count_tokens, /v1/messages/count_tokens",
        "/x/inference/v1/generate, /inference/v1/generate",
        "/team/rerank, /rerank"
    })
    void anApiIsAskedForAtTheEnginesRootWhateverIsInFront(String path, String root) throws Exception {
        proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("m", null, 0)));
        assertThat(post(path, BODY).status()).isEqualTo(200);
        assertThat(engine.next().head()).startsWith("POST " + root + " HTTP/1.1\r\n");
        assertThat(get("/ns/name/v1/models").body()).startsWith("{\"object\":\"list\"");
        proxy.assertNothingHeld();
    }

    @ParameterizedTest
    @CsvSource({"GET, /v1/chat/completions?limit=2", "HEAD, /v1/responses", "DELETE, /rerank", "PATCH, /v1/messages"})
    void whatElseThanABodyAnApiTakesIsTheEnginesToSay(String method, String path) throws Exception {
        assertThat(ask(method, path).status()).isEqualTo(200);
        assertThat(engine.next().head()).startsWith(method + " " + path + " HTTP/1.1\r\n");
        proxy.assertNothingHeld();
    }

    @Test
    void theVersionIsAnEngines() throws Exception {
        assertThat(get("/version").status()).isEqualTo(200);
        assertThat(engine.next().head()).startsWith("GET /version HTTP/1.1\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/ping", "/health/"})
    void healthIsWhetherAnEndpointMayBeSentRequests(String path) throws Exception {
        proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("m", null, 0)));
        assertThat(get(path).status()).isEqualTo(200);
        assertThat(get("/llm/m" + path).status()).isEqualTo(200);
        assertError(get("/llm/other" + path), 503, "service_unavailable");
        assertThat(ask("HEAD", path).status()).isEqualTo(200);
        assertError(post(path, "{}"), 405, "method_not_allowed");
        assertThat(engine.requests()).isZero();
        try (var empty = ProxyFixture.over();
                var other = empty.client()) {
            assertError(other.get(path).answer(), 503, "service_unavailable");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/load", "/metrics", "/openapi.json", "/docs", "/", "/team-a/v1/files", "/team-a/v2/chat"})
    void whatTellsOfOneReplicaOrIsNobodysIsNotFound(String path) throws Exception {
        assertError(get(path), 404, "unknown_url");
    }

    @Test
    void headIsAnsweredWithoutABodyWhereGetIs() throws Exception {
        proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("m", null, 0)));
        try (var client = proxy.client()) {
            var head =
                    client.send("HEAD /v1/models HTTP/1.1\r\nhost: x\r\n\r\n").head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.headers()).containsKey("content-length");
            var refused = client.send("HEAD /none HTTP/1.1\r\nhost: x\r\n\r\n").head();
            assertThat(refused.status()).isEqualTo(404);
            // the connection is at the beginning of an answer
            assertThat(client.get("/v1/models").answer().body()).startsWith("{\"object\":\"list\"");
        }
        proxy.assertNothingHeld();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
                "/tokenize | GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
                "/v1/models | GET, HEAD, OPTIONS",
                "/health | GET, HEAD, OPTIONS",
                "* | GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
            })
    void optionsSaysWhatMayBeAsked(String path, String allow) throws Exception {
        var answer = ask("OPTIONS", path);
        assertThat(answer.status()).isEqualTo(204);
        assertThat(answer.headers()).containsEntry("allow", allow).doesNotContainKey("access-control-allow-origin");
        assertThat(get("/health").status()).isEqualTo(200);
        assertThat(engine.requests()).isZero();
    }

    @Test
    void aBrowsersPreflightIsTheEnginesToAnswer() throws Exception {
        proxy.pool.apply(List.of(engine.spec("a"), engine.spec("b")));
        proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("m1", null, 0)));
        assertThat(ask("OPTIONS", CHAT, "origin: http://a\r\n", "access-control-request-method: POST\r\n")
                        .status())
                .isEqualTo(200);
        var request = engine.next();
        assertThat(request.head()).startsWith("OPTIONS " + CHAT + " HTTP/1.1\r\n");
        assertThat(request.has("origin: http://a")).isTrue();
        assertThat(request.has("access-control-request-method: POST")).isTrue();
        proxy.assertNothingHeld();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/realtime?model=m", "/v1/responses", "/v1/anything"})
    void websocketsAreRefusedPlainly(String path) throws Exception {
        var answer = get(
                path,
                "connection: Upgrade",
                "upgrade: WebSocket",
                "sec-websocket-version: 13",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==");
        assertError(answer, 501, "websocket_not_supported");
        assertThat(engine.requests()).isZero();
        proxy.assertNothingHeld();
    }

    @Test
    void realtimeWithoutAnUpgradeIsRefusedAlike() throws Exception {
        assertError(get("/v1/realtime?model=m"), 501, "websocket_not_supported");
        assertThat(engine.requests()).isZero();
    }

    @Test
    void anUpgradeThatNeedNotBeTakenIsNot() throws Exception {
        var answer =
                post(CHAT, BODY, "connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABk");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(engine.next().names("http2-settings")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "FROBNICATE", "PROPFIND"})
    void methodsThatNobodyKnowsAreRefusedPlainly(String method) throws Exception {
        assertError(ask(method, "/v1/anything"), 501, "method_not_implemented");
        assertThat(engine.requests()).isZero();
        proxy.assertNothingHeld();
    }
}
