package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Await;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Engines that send more, less or other than one answer to one request. */
class OddAnswerTest {
    private static final String CHAT = "/v1/chat/completions";
    /** One connection to the endpoint, so that requests wait for it and take it over at once. */
    private static final ProxySettings ONE_CONNECTION = ProxyFixture.SETTINGS.toBuilder()
            .eventLoops(1)
            .connections(new ProxySettings.Connections(1, 100))
            .build();

    private static String body(int i) {
        return "{\"model\":\"m\",\"n\":" + i + "}";
    }

    private static String ok(String text) {
        return "HTTP/1.1 200 OK\r\ncontent-length: " + text.length() + "\r\n\r\n" + text;
    }

    /** Sends requests from many clients at once; each must get the answer to its own. */
    private static void assertEachItsOwn(ProxyFixture proxy) throws Exception {
        var clients = new ArrayList<RawClient>();
        try {
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < 8; i++) {
                    if (clients.size() == i) {
                        clients.add(proxy.client());
                    }
                    clients.get(i).post(CHAT, body(i));
                }
                for (int i = 0; i < 8; i++) {
                    var answer = clients.get(i).answer();
                    assertThat(answer.status()).isEqualTo(200);
                    assertThat(answer.body()).isEqualTo(body(i));
                }
            }
        } finally {
            for (var client : clients) {
                client.close();
            }
        }
        proxy.assertNothingHeld();
    }

    @ParameterizedTest
    @ValueSource(strings = {"100 Continue", "102 Processing", "103 Early Hints", "199 Whatever"})
    void anInterimAnswerIsNotTheAnswer(String status) throws Exception {
        for (boolean apart : new boolean[] {true, false}) {
            try (var engine = new RawUpstream(peer -> {
                        while (true) {
                            var interim = "HTTP/1.1 " + status + "\r\nlink: </x>\r\n\r\n";
                            var text = peer.read().text();
                            if (apart) {
                                for (int i = 0; i < 3; i++) {
                                    peer.write(interim);
                                }
                                peer.write(ok(text));
                            } else {
                                peer.write(interim.repeat(3) + ok(text));
                            }
                        }
                    });
                    var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"))) {
                assertEachItsOwn(proxy);
                assertThat(engine.peers()).hasSize(1);
                assertThat(proxy.counts().interimAnswers()).isEqualTo(3 * 40);
                assertThat(proxy.counts().oddAnswers()).isZero();
            }
        }
    }

    @Test
    void anInterimAnswerToHeadLeavesTheFinalOneWithoutABody() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        peer.read();
                        peer.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
                    }
                });
                var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"));
                var client = proxy.client()) {
            for (int i = 0; i < 3; i++) {
                client.send("HEAD /v1/files HTTP/1.1\r\nhost: x\r\n\r\n");
                var head = client.head();
                assertThat(head.status()).isEqualTo(200);
                assertThat(head.headers()).containsEntry("content-length", "1000");
            }
            assertThat(engine.peers()).hasSize(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineThatDiesAfterAnInterimAnswerIsABadGateway() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.write("HTTP/1.1 102 Processing\r\n\r\n");
                });
                var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, body(1)).answer().status()).isEqualTo(502);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\n\r\n",
                "HTTP/1.1 200 OK\r\nx: ",
                "\r\n",
                "e"
            })
    void bytesAfterAnAnswerCostItsConnectionAndReachNobody(String more) throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        var text = peer.read().text();
                        peer.write(ok(text) + more);
                    }
                });
                var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"))) {
            assertEachItsOwn(proxy);
            assertThat(engine.peers()).hasSize(40);
            assertThat(proxy.counts().oddAnswers()).isEqualTo(40);
        }
    }

    @Test
    void bytesOnAnIdleConnectionCostIt() throws Exception {
        var first = new AtomicInteger();
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        peer.write(ok(peer.read().text()));
                        if (first.getAndIncrement() == 0) {
                            peer.awaitIdle();
                            peer.write(ok("evil"));
                            peer.awaitGone();
                        }
                    }
                });
                var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, body(1)).answer().body()).isEqualTo(body(1));
            engine.peers().getFirst().idle.release();
            Await.until("the connection is closed", () -> engine.peers().getFirst().gone);
            assertThat(proxy.counts().oddAnswers()).isEqualTo(1);
            assertThat(client.post(CHAT, body(2)).answer().body()).isEqualTo(body(2));
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade",
                "099 X\r\ncontent-length: 2",
                "200 OK\r\ntransfer-encoding: gzip, chunked",
                "200 OK\r\ntransfer-encoding: chunked, gzip",
                "200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked",
                "200 OK\r\ntransfer-encoding: x",
                "200 OK\r\ncontent-length: 2\r\ncontent-length: 3",
                "200 OK\r\ncontent-length: 2, 3",
                "200 OK\r\ncontent-length: -2"
            })
    void whatIsNoAnswerIsABadGatewayAndCostsItsConnection(String head) throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.write("HTTP/1.1 " + head + "\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + ok("evil"));
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"));
                var client = proxy.client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.post(CHAT, body(i)).answer().status()).isEqualTo(502);
            }
            for (var peer : engine.peers()) {
                Await.until("the connection is closed", () -> peer.gone);
            }
            assertThat(engine.peers()).hasSize(3);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3000",
                "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked"
            })
    void anAnswerWithALengthBesideItsChunksIsPassedOnByItsChunksAndCostsItsConnection(String head) throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        var text = peer.read().text();
                        peer.write(head + "\r\n\r\n");
                        peer.chunk(text);
                        peer.write("0\r\n\r\n");
                    }
                });
                var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"))) {
            assertEachItsOwn(proxy);
            assertThat(engine.peers()).hasSize(40);
        }
    }

    @Test
    void anAnswerThatComesBeforeTheRequestsEndCostsItsConnection() throws Exception {
        var large = "{\"model\":\"m\",\"x\":\"" + "y".repeat(20 << 20) + "\"}";
        var connections = new AtomicInteger();
        try (var engine = new RawUpstream(peer -> {
                    if (connections.getAndIncrement() == 0) {
                        peer.readHead();
                        peer.write("HTTP/1.1 413 X\r\ncontent-length: 2\r\n\r\n{}");
                        peer.awaitIdle();
                    } else {
                        peer.write(ok(peer.read().text()));
                        peer.awaitGone();
                    }
                });
                var proxy = ProxyFixture.over(ONE_CONNECTION, engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, large).answer().status()).isEqualTo(413);
            assertThat(client.post(CHAT, body(2)).answer().body()).isEqualTo(body(2));
            assertThat(connections.get()).isEqualTo(2);
            proxy.assertNothingHeld();
        }
    }
}
