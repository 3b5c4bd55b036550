package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the head of an answer says about its connection is what happens to it. */
class KeepAliveTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";

    private static String http10(String method, String path, String body, String connection) {
        return method + " " + path + " HTTP/1.0\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
                + body.length() + "\r\n" + connection + "\r\n" + body;
    }

    @Test
    void anHttp10ClientThatAsksForItKeepsItsConnectionForAnswersOfKnownLength() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            for (int i = 0; i < 3; i++) {
                var answer = client.send(http10("POST", CHAT, BODY, "Connection: Keep-Alive\r\n"))
                        .answer();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.headers()).containsEntry("connection", "keep-alive");
                assertThat(answer.body()).isEqualTo("{}");
                var error = client.send(http10("GET", "/nothing", "", "Connection: Keep-Alive\r\n"))
                        .answer();
                assertThat(error.status()).isEqualTo(404);
                assertThat(error.headers()).containsEntry("connection", "keep-alive");
            }
            assertThat(proxy.counts().connections()).isEqualTo(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anHttp10ClientThatDoesNotAskIsToldAndCut() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"))) {
            for (var connection : new String[] {"", "Connection: close\r\n"}) {
                try (var client = proxy.client()) {
                    var answer =
                            client.send(http10("POST", CHAT, BODY, connection)).answer();
                    assertThat(answer.headers()).containsEntry("connection", "close");
                    assertThat(answer.body()).isEqualTo("{}");
                    client.awaitClosed();
                }
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anHttp10ClientIsToldThatAStreamEndsWithItsConnection() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    peer.chunk("data: [DONE]\n\n");
                    peer.write("0\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = client.send(http10("POST", CHAT, BODY, "Connection: Keep-Alive\r\n"))
                    .answer();
            assertThat(answer.headers()).containsEntry("connection", "close").doesNotContainKey("transfer-encoding");
            assertThat(answer.body()).isEqualTo("data: [DONE]\n\n");
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anHttp11ClientThatWantsItsConnectionClosedIsTheLastOneOnIt() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY, "connection: close").post(CHAT, BODY);
            var answer = client.answer();
            assertThat(answer.headers()).containsEntry("connection", "close");
            client.awaitClosed();
            assertThat(engine.requests()).isEqualTo(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void everyAnswerHasOneDateTheEnginesWhereItGivesOne() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.answer(200, "{}");
                    peer.read();
                    peer.write("HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 2\r\n\r\n{}");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().headers().get("date")).matches("\\w{3}, \\d\\d .* GMT");
            assertThat(client.post(CHAT, BODY).answer().headers())
                    .containsEntry("date", "Sun, 06 Nov 1994 08:49:37 GMT");
            assertThat(client.get("/nothing").answer().headers().get("date")).matches("\\w{3}, \\d\\d .* GMT");
        }
    }
}
