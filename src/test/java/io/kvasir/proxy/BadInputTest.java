package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.ServedModel;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.HeldBytes;
import io.kvasir.testing.Await;
import io.kvasir.testing.ReservedPorts;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BadInputTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";

    private final RawUpstream engine = new RawUpstream(RawUpstream.answering(200, "{}"));

    BadInputTest() throws Exception {}

    @AfterEach
    void stop() throws Exception {
        engine.close();
    }

    private ProxyFixture proxy(ProxySettings settings) throws Exception {
        return ProxyFixture.over(settings, engine.spec("a"));
    }

    private static JsonObject error(RawClient.Answer answer, int status) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.complete()).isTrue();
        assertThat(answer.headers())
                .containsEntry("content-type", "application/json")
                .containsKey("x-request-id");
        var error = new JsonObject(answer.body()).getJsonObject("error");
        assertThat(error.fieldNames()).containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(error.getString("message")).isNotBlank();
        return error;
    }

    private void assertUntouched(ProxyFixture proxy) {
        proxy.assertNothingHeld();
        assertThat(engine.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"model\":\"m\"", "{\"model\": oops}", "[1]", "nonsense", "{}x"})
    void malformedJsonIsRefusedWithItsOffset(String body) throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            var error = error(client.post(CHAT, body).answer(), 400);
            assertThat(error.getString("type")).isEqualTo("invalid_request_error");
            assertThat(error.getString("message")).containsPattern("at byte \\d+");
            assertUntouched(proxy);
            assertThat(proxy.counts().answered(4)).isEqualTo(1);
        }
    }

    @Test
    void aConnectionGoesOnAfterAMalformedBody() throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            var error = error(client.post(CHAT, "{\"model\":1 2}").answer(), 400);
            assertThat(error.getString("message")).contains("at byte 11");
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v2/chat/completions",
                "/load",
                "/metrics",
                "/admin/faults",
                "/inference/v1/other",
                "/llm/m",
                "/llm//v1/chat/completions",
                "/v1/load_lora_adapter"
            })
    void unknownPathsAreNotFound(String path) throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            assertThat(error(client.post(path, BODY).answer(), 404).getString("code"))
                    .isEqualTo("unknown_url");
            assertUntouched(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/../admin", "/v1/%2e%2e/admin", "/v1/x%2f..%2fadmin", "/v1/..", "/v1/./models", "/v1/a\\b"})
    void pathsThatCouldBeReadAsOthersAreRefused(String path) throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            assertThat(error(client.get(path).answer(), 400).getString("code")).isEqualTo("invalid_url");
            assertUntouched(proxy);
        }
    }

    @Test
    void wrongMethodsSayWhichIsRight() throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            var answer = client.post("/v1/models", BODY).answer();
            error(answer, 405);
            assertThat(answer.headers()).containsEntry("allow", "GET, HEAD");
            assertUntouched(proxy);
        }
    }

    @Test
    void aMissingModelIsAmbiguousWhereThePoolServesSeveral() throws Exception {
        try (var other = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"), other.spec("b"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("m1", null, 0)));
            proxy.pool.snapshot().at(1).serves(List.of(new ServedModel("m2", null, 0)));
            assertThat(error(client.post(CHAT, "{\"messages\":[]}").answer(), 400)
                            .getString("param"))
                    .isEqualTo("model");
            assertThat(error(client.post(CHAT, BODY).answer(), 404).getString("param"))
                    .isEqualTo("model");
            assertUntouched(proxy);
            assertThat(client.post("/llm/m2/v1/chat/completions", "{\"messages\":[]}")
                            .answer()
                            .status())
                    .isEqualTo(200);
            assertThat(other.next().text()).contains("\"model\":\"m2\"");
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aMissingModelIsThePoolsOnlyOne() throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            proxy.pool
                    .snapshot()
                    .at(0)
                    .serves(List.of(new ServedModel("m1", null, 0), new ServedModel("lora", "m1", 0)));
            assertThat(client.post(CHAT, "{\"messages\":[]}").answer().status()).isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo("{\"model\":\"m1\",\"messages\":[]}");
        }
    }

    @Test
    void bodiesOverTheLimitAreRefusedWhetherTheySaySoOrNot() throws Exception {
        var settings = ProxyFixture.SETTINGS.toBuilder()
                .limits(new ProxySettings.Limits(1000, 4096))
                .build();
        try (var proxy = proxy(settings)) {
            try (var client = proxy.client()) {
                // refused by its length alone: the body need not come
                var answer = client.send("POST " + CHAT
                                + " HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 1001\r\n\r\n")
                        .answer();
                error(answer, 413);
                assertThat(answer.headers()).containsEntry("connection", "close");
            }
            try (var client = proxy.client()) {
                client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
                client.send("3e8\r\n{\"x\":\"" + "y".repeat(994) + "\r\n");
                client.send("3e8\r\n" + "y".repeat(1000) + "\r\n");
                error(client.answer(), 413);
                // what it goes on to send is read, so that the answer is not lost to a reset
                client.send("3e8\r\n" + "y".repeat(1000) + "\r\n0\r\n\r\n").awaitClosed();
            }
            try (var client = proxy.client()) {
                assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
            }
            proxy.assertNothingHeld();
            assertThat(engine.requests()).isEqualTo(1);
        }
    }

    @Test
    void headersOverTheLimitAreRefused() throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            error(client.post(CHAT, BODY, "x-big: " + "y".repeat(66_000)).answer(), 431);
            client.awaitClosed();
            assertUntouched(proxy);
        }
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY, "x-big: " + "y".repeat(60_000))
                            .answer()
                            .status())
                    .isEqualTo(200);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aRequestLineThatIsTooLongOrNoneIsRefused() throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            error(client.get("/v1/" + "y".repeat(20_000)).answer(), 414);
        }
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            error(client.send("\u0001\u0002\u0003 nonsense\r\nx\r\n\r\n").answer(), 400);
            client.awaitClosed();
            assertUntouched(proxy);
        }
    }

    @Test
    void aBodyThatBreaksItsOwnChunkingEndsTheConnection() throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            client.send("POST " + CHAT
                    + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\nzz\r\n");
            client.awaitClosed();
            assertUntouched(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "x", "identity"})
    void aBodyWhoseEndNobodyKnowsIsRefusedAndNothingBehindItIsARequest(String coding) throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS);
                var client = proxy.client()) {
            client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: " + coding + "\r\n\r\n")
                    .get("/v1/models");
            var answer = client.answer();
            error(answer, 501);
            assertThat(answer.headers()).containsEntry("connection", "close");
            client.awaitClosed();
            assertUntouched(proxy);
            assertThat(proxy.counts().answered(2)).isZero();
        }
    }

    @Test
    void moreBytesThanMayWaitInAllAreRefusedForNow() throws Exception {
        var budget = new BodyBudget(2 * HeldBytes.REQUEST + 2 * HeldBytes.PIECE + 1000);
        try (var proxy = new ProxyFixture(ProxyFixture.SETTINGS, budget, List.of(engine.spec("a")));
                var first = proxy.client();
                var second = proxy.client()) {
            first.send(
                    "POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{\"x\":\"" + "y".repeat(600));
            Await.until("the first body's bytes are held", () -> budget.used() > HeldBytes.REQUEST + 606);

            var answer =
                    second.post(CHAT, "{\"x\":\"" + "y".repeat(500) + "\"}").answer();
            assertThat(error(answer, 503).getString("code")).isEqualTo("overloaded");
            assertThat(answer.headers()).containsEntry("retry-after", "1");

            assertThat(first.send("y".repeat(392) + "\"}").answer().status()).isEqualTo(200);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aClientThatLeavesInItsBodyLeavesNothingBehind() throws Exception {
        try (var proxy = proxy(ProxyFixture.SETTINGS)) {
            try (var client = proxy.client()) {
                client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{\"x\":\"");
                Await.until("its bytes are held", () -> proxy.counts().bufferedBytes() > HeldBytes.REQUEST);
            }
            assertUntouched(proxy);
            assertThat(proxy.counts().aborted(AbortReason.CLIENT_GONE)).isEqualTo(1);
        }
    }

    @Test
    void slowHeadersAndSlowBodiesAreEnded() throws Exception {
        var settings = ProxyFixture.SETTINGS.toBuilder()
                .waits(new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofMillis(100), Duration.ofMillis(200)))
                .build();
        try (var proxy = proxy(settings)) {
            try (var client = proxy.client()) {
                client.send("POST " + CHAT + " HTTP/1.1\r\nhost:").awaitClosed();
            }
            try (var client = proxy.client()) {
                client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{\"x\":\"");
                error(client.answer(), 408);
            }
            try (var client = proxy.client()) {
                // a kept connection without a further request
                assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
                client.awaitClosed();
            }
            proxy.assertNothingHeld();
            Await.until("connections are closed", () -> proxy.counts().connections() == 0);
        }
    }

    @Test
    void anEmptyPoolOrOneThatIsDownIsUnavailable() throws Exception {
        try (var proxy = ProxyFixture.over();
                var client = proxy.client()) {
            error(client.post(CHAT, BODY).answer(), 503);
            error(client.get("/v1/models").answer(), 503);
            proxy.assertNothingHeld();
        }
        try (var proxy = ProxyFixture.over(EndpointSpec.of("a", "127.0.0.1", ReservedPorts.next()));
                var client = proxy.client()) {
            // found out by trying, then known
            for (int i = 0; i < 2; i++) {
                var answer = client.post(CHAT, BODY).answer();
                error(answer, 503);
                assertThat(answer.headers()).containsEntry("retry-after", "1");
            }
            proxy.assertNothingHeld();
            assertThat(proxy.counts().answered(5)).isEqualTo(2);
        }
    }
}
