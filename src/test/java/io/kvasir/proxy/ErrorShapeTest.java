package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ServedModel;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of Anthropic's API read its errors, wherever ours come from. */
class ErrorShapeTest {
    private static final String MESSAGES = "/v1/messages";

    private final RawUpstream engine = new RawUpstream(RawUpstream.answering(200, "{}"));

    ErrorShapeTest() throws Exception {}

    @AfterEach
    void stop() throws Exception {
        engine.close();
    }

    private static void assertAnthropic(RawClient.Answer answer, int status, String type) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        var json = new JsonObject(answer.body());
        assertThat(json.fieldNames()).isEqualTo(Set.of("type", "error", "request_id"));
        assertThat(json.getString("type")).isEqualTo("error");
        assertThat(json.getString("request_id")).isEqualTo(answer.headers().get("x-request-id"));
        var error = json.getJsonObject("error");
        assertThat(error.fieldNames()).isEqualTo(Set.of("type", "message"));
        assertThat(error.getString("type")).isEqualTo(type);
        assertThat(error.getString("message")).isNotBlank();
    }

    private static RawClient.Answer ask(ProxyFixture proxy, String method, String path, String body, String... headers)
            throws Exception {
        try (var client = proxy.client()) {
            return client.send(method + " " + path + " HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n"
                            + String.join("\r\n", headers) + (headers.length > 0 ? "\r\n" : "") + "\r\n" + body)
                    .answer();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                MESSAGES,
                MESSAGES + "?beta=true",
                MESSAGES + "/",
                "/v1/%6dessages",
                "/v1/messages/count_tokens",
                "/llm/m/v1/messages",
                "/llm/m/v1/messages/count_tokens"
            })
    void errorsOfMessagesAreAnthropics(String path) throws Exception {
        var limits = new ProxySettings.Limits(1000, 4096);
        try (var proxy = ProxyFixture.over(
                        ProxyFixture.SETTINGS.toBuilder().limits(limits).build(), engine.spec("a"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("m", null, 0)));
            var unknown = client.post(path, "{\"model\":\"none\"}").answer();
            if (path.startsWith("/llm/")) {
                assertAnthropic(unknown, 400, "invalid_request_error");
            } else {
                assertAnthropic(unknown, 404, "not_found_error");
            }
            assertAnthropic(
                    client.post(path, "{\"x\":\"" + "y".repeat(1000) + "\"}").answer(), 413, "request_too_large");
            proxy.assertNothingHeld();
        }
        try (var proxy = ProxyFixture.over();
                var client = proxy.client()) {
            assertAnthropic(
                    client.post(path, "{\"model\":\"m\",\"messages\":[]}").answer(), 503, "overloaded_error");
        }
    }

    @Test
    void soAreThoseFoundBeforeTheBodyOrBehindIt() throws Exception {
        try (var proxy = ProxyFixture.over(engine.spec("a"))) {
            assertAnthropic(ask(proxy, "POST", MESSAGES, "{\"model\":"), 400, "invalid_request_error");
            assertAnthropic(ask(proxy, "POST", "/team-a/v1/messages/none", "{}"), 404, "not_found_error");
            assertAnthropic(ask(proxy, "GET", MESSAGES, "", "upgrade: websocket"), 501, "api_error");
            assertAnthropic(ask(proxy, "FROBNICATE", MESSAGES, ""), 501, "api_error");
            assertAnthropic(
                    ask(proxy, "POST", MESSAGES, "{}", "x-big: " + "y".repeat(66_000)), 431, "invalid_request_error");
        }
        try (var dead = new RawUpstream(RawUpstream.Peer::read);
                var proxy = ProxyFixture.over(dead.spec("a"));
                var client = proxy.client()) {
            assertAnthropic(
                    client.post(MESSAGES, "{\"model\":\"m\",\"messages\":[]}").answer(), 502, "api_error");
        }
    }

    @Test
    void soAreThoseOfTimeAndOfTheStop() throws Exception {
        var settings = ProxyFixture.SETTINGS.toBuilder()
                .waits(new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMillis(200)))
                .build();
        try (var proxy = ProxyFixture.over(settings, engine.spec("a"));
                var client = proxy.client()) {
            client.send("POST " + MESSAGES + " HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{\"x\":\"");
            assertAnthropic(client.answer(), 408, "timeout_error");
        }
        try (var silent = new RawUpstream(peer -> {
                    peer.read();
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(silent.spec("a"));
                var client = proxy.client()) {
            client.post(MESSAGES, "{\"model\":\"m\",\"messages\":[]}");
            silent.next();
            proxy.server.stop(Duration.ZERO);
            assertAnthropic(client.answer(), 503, "overloaded_error");
        }
    }

    @Test
    void aClientOfAnthropicsIsKnownByItsHeaderToo() throws Exception {
        try (var proxy = ProxyFixture.over();
                var client = proxy.client()) {
            assertAnthropic(
                    client.get("/v1/models", "anthropic-version: 2023-06-01").answer(), 503, "overloaded_error");
            assertThat(new JsonObject(client.get("/v1/models").answer().body()).fieldNames())
                    .containsExactly("error");
        }
    }

    @Test
    void errorsOfEnginesPassUnchanged() throws Exception {
        String error = "{\"error\":{\"message\":\"theirs\"}}";
        try (var refusing = new RawUpstream(RawUpstream.answering(400, error));
                var proxy = ProxyFixture.over(refusing.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(MESSAGES, "{\"model\":\"m\",\"messages\":[]}")
                            .answer()
                            .body())
                    .isEqualTo(error);
        }
    }
}
