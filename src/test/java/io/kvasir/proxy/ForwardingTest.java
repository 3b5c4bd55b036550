package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.ServedModel;
import io.kvasir.testing.ReservedPorts;
import io.kvasir.transport.Transport;
import io.vertx.core.json.JsonObject;
import java.net.BindException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForwardingTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";

    @Test
    void aRequestArrivesByteForByteAndItsAnswerComesBack() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{\"ok\":1}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = client.post(CHAT + "?x=1", BODY, "authorization: Bearer k", "x-request-id: r-1")
                    .answer();

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"ok\":1}");
            assertThat(answer.headers()).containsEntry("x-request-id", "r-1").doesNotContainKey("x-kvasir-endpoint");
            var request = engine.next();
            assertThat(request.head()).startsWith("POST /v1/chat/completions?x=1 HTTP/1.1\r\n");
            assertThat(request.text()).isEqualTo(BODY);
            assertThat(request.has("host: 127.0.0.1:" + engine.port())).isTrue();
            assertThat(request.has("authorization: Bearer k")).isTrue();
            assertThat(request.has("x-request-id: r-1")).isTrue();
            assertThat(request.has("content-length: " + BODY.length())).isTrue();
            assertThat(request.has("x-forwarded-for: 127.0.0.1")).isTrue();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aKeptConnectionServesManyRequestsOverOneUpstreamConnection() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.post(CHAT, BODY).answer().complete()).isTrue();
            }
            assertThat(engine.peers()).hasSize(1);
            proxy.assertNothingHeld();
            assertThat(proxy.counts().answered(2)).isEqualTo(20);
        }
    }

    @Test
    void whatAClientMustNotSetIsStripped() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.post(
                            CHAT,
                            BODY,
                            "X-Gateway-Destination-Endpoint: 10.0.0.1:80",
                            "x-gateway-destination-endpoint-subset: 10.0.0.1:80",
                            "x-prefiller-host-port: 10.0.0.1:80",
                            "x-data-parallel-rank: 1",
                            "test-epp-endpoint-selection: 10.0.0.1",
                            "x-llm-d-model-name-rewrite: other",
                            "x-forwarded-for: 1.2.3.4",
                            "forwarded: for=1.2.3.4",
                            "connection: keep-alive, x-mine",
                            "x-mine: 1",
                            "te: trailers",
                            "x-request-id: bad id",
                            "x-stays: 1")
                    .answer();
            var request = engine.next();
            for (var name : List.of(
                    "x-gateway-destination-endpoint",
                    "x-gateway-destination-endpoint-subset",
                    "x-prefiller-host-port",
                    "x-data-parallel-rank",
                    "test-epp-endpoint-selection",
                    "x-llm-d-model-name-rewrite",
                    "forwarded",
                    "x-mine",
                    "te")) {
                assertThat(request.names(name)).as(name).isFalse();
            }
            assertThat(request.has("x-forwarded-for: 127.0.0.1")).isTrue();
            assertThat(request.has("x-stays: 1")).isTrue();
            assertThat(request.head()).containsPattern("x-request-id: [0-9a-f]{32}\r\n");
        }
    }

    @Test
    void aTrustedPeersForwardedHeadersAreGoneOnWith() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(
                        ProxyFixture.SETTINGS.toBuilder()
                                .trustedProxies(TrustedPeers.of(List.of("127.0.0.0/8")))
                                .build(),
                        engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY, "x-forwarded-for: 1.2.3.4", "x-forwarded-proto: https")
                    .answer();
            var request = engine.next();
            assertThat(request.has("x-forwarded-for: 1.2.3.4, 127.0.0.1")).isTrue();
            assertThat(request.has("x-forwarded-proto: https")).isTrue();
        }
    }

    @Test
    void thePathsModelIsPutIntoABodyWithoutOne() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.post("/llm/org/Model-1/v1/completions", "{\"prompt\":\"x\"}").answer();
            var request = engine.next();
            assertThat(request.head()).startsWith("POST /v1/completions HTTP/1.1");
            assertThat(request.text()).isEqualTo("{\"model\":\"org/Model-1\",\"prompt\":\"x\"}");
            assertThat(request.has("content-length: " + request.text().length()))
                    .isTrue();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aLargeBodyInManyPiecesArrivesWhole() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var body = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "lorem ipsum ".repeat(500_000)
                    + "\"}],\"model\":\"m\"}";
            client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
            for (int at = 0; at < body.length(); at += 100_003) {
                var part = body.substring(at, Math.min(body.length(), at + 100_003));
                client.send(Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
            }
            assertThat(client.send("0\r\n\r\n").answer().status()).isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo(body);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void streamsPassWithTheirTrailersAndWithoutHopByHopHeaders() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n");
                    peer.write("trailer: x-sum\r\nkeep-alive: timeout=5\r\nx-mine: 1\r\n\r\n");
                    peer.chunk("data: {\"a\":1}\n\n");
                    peer.chunk("data: [DONE]\n\n");
                    peer.write("0\r\nx-sum: 7\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = client.post(CHAT, BODY).answer();
            assertThat(answer.complete()).isTrue();
            assertThat(answer.body()).isEqualTo("data: {\"a\":1}\n\ndata: [DONE]\n\n");
            assertThat(answer.trailers()).containsEntry("x-sum", "7");
            assertThat(answer.headers()).containsEntry("x-mine", "1").doesNotContainKeys("keep-alive", "trailer");
            proxy.assertNothingHeld();
        }
    }

    @Test
    void theHeadIsPassedOnBeforeTheFirstChunk() throws Exception {
        var go = new java.util.concurrent.CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    go.await();
                    peer.chunk("data: [DONE]\n\n");
                    peer.write("0\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var head = client.post(CHAT, BODY).head();
            assertThat(head.status()).isEqualTo(200);
            go.countDown();
            assertThat(client.rest(head).complete()).isTrue();
        }
    }

    @Test
    void modelsAreTheUnionOverThePool() throws Exception {
        try (var one = new RawUpstream(RawUpstream.answering(200, "{}"));
                var two = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(one.spec("a"), two.spec("b"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("org/m", null, 1000)));
            proxy.pool
                    .snapshot()
                    .at(1)
                    .serves(List.of(new ServedModel("org/m", null, 2000), new ServedModel("lora", "org/m", 2000)));

            var list = new JsonObject(client.get("/v1/models").answer().body());
            assertThat(list.getString("object")).isEqualTo("list");
            assertThat(list.getJsonArray("data")).hasSize(2);
            assertThat(list.getJsonArray("data").getJsonObject(1).getString("id"))
                    .isEqualTo("org/m");
            assertThat(list.getJsonArray("data").getJsonObject(1).getInteger("max_model_len"))
                    .isEqualTo(2000);
            assertThat(new JsonObject(client.get("/v1/models/org%2Fm").answer().body()).getString("id"))
                    .isEqualTo("org/m");
            assertThat(client.get("/v1/models/none").answer().status()).isEqualTo(404);
            assertThat(client.get("/llm/org/m/v1/models").answer().status()).isEqualTo(200);
            assertThat(client.get("/llm/none/v1/models").answer().status()).isEqualTo(404);
            assertThat(one.requests() + two.requests()).isZero();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void theDemoSaysWhatItIsAndWhoAnswered() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(
                        ProxyFixture.SETTINGS.toBuilder()
                                .nameEndpoints(true)
                                .demo(true)
                                .build(),
                        engine.spec("engine-7"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().headers())
                    .containsEntry("x-kvasir-demo", "true")
                    .containsEntry("x-kvasir-endpoint", "engine-7");
        }
    }

    @Test
    void answersSayWhyTheyCameFromWhereTheyDidWhereOperatorsAskForIt() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(
                        ProxyFixture.SETTINGS.toBuilder().explain(true).build(), engine.spec("engine-7"));
                var client = proxy.client()) {
            var headers = client.post(CHAT, BODY).answer().headers();

            assertThat(headers)
                    .containsEntry("x-kvasir-endpoint", "engine-7")
                    .containsEntry("x-kvasir-reason", "only-candidate")
                    .containsEntry("x-kvasir-cached-tokens", "0");
            assertThat(Double.parseDouble(headers.get("x-kvasir-predicted-ttft-seconds")))
                    .isPositive()
                    .isLessThan(Double.parseDouble(headers.get("x-kvasir-predicted-seconds")));
        }
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("engine-7"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().headers().keySet())
                    .noneMatch(name -> name.startsWith("x-kvasir-"));
        }
    }

    @Test
    void otherPathsUnderV1PassThrough() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.get("/v1/batches?limit=2").answer().status()).isEqualTo(200);
            assertThat(engine.next().head()).startsWith("GET /v1/batches?limit=2 HTTP/1.1");
            assertThat(client.post("/v1/audio/transcriptions", "--x\r\nnot json")
                            .answer()
                            .status())
                    .isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo("--x\r\nnot json");
            assertThat(client.post("/v1/files", "").answer().status()).isEqualTo(200);
            assertThat(engine.next().has("content-length: 0")).isTrue();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void chunksThatCameTogetherLeaveInOneWrite() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.write(
                            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                                    + "9\r\ndata: 1\n\n\r\n".repeat(10) + "0\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = client.post(CHAT, BODY).answer();
            assertThat(answer.complete()).isTrue();
            assertThat(answer.body()).isEqualTo("data: 1\n\n".repeat(10));
            proxy.assertNothingHeld();
            assertThat(proxy.counts().chunks()).isEqualTo(10);
            assertThat(proxy.counts().writes()).isEqualTo(1);
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        var prompt = peer.read().text();
                        peer.answer(200, prompt);
                    }
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY).post("/v1/completions", "{\"model\":\"m\"}").get("/v1/none/../x");
            assertThat(client.answer().body()).isEqualTo(BODY);
            assertThat(client.answer().body()).isEqualTo("{\"model\":\"m\"}");
            assertThat(client.answer().status()).isEqualTo(400);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aClientThatAsksFirstIsToldToGoOn() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: "
                    + BODY.length() + "\r\n\r\n");
            assertThat(client.interim()).isEqualTo(100);
            assertThat(client.send(BODY).answer().status()).isEqualTo(200);
            assertThat(engine.next().names("expect")).isFalse();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void forwardsAndFallsBackOnTheJdksSelectorToo() throws Exception {
        int vacant = ReservedPorts.next();
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.on(
                        Transport.NIO,
                        EndpointSpec.builder("gone", "127.0.0.1", vacant).build(),
                        engine.spec("a"))) {
            for (int i = 0; i < 4; i++) {
                try (var client = proxy.client()) {
                    assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
                }
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aTakenPortIsOneLine() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"))) {
            assertThatThrownBy(() -> ProxyFixture.over(
                            ProxySettings.DEFAULT.at("127.0.0.1", engine.port()).withEventLoops(2)))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("http-port: 127.0.0.1:" + engine.port())
                    .hasMessageNotContaining("\n");
        }
    }
}
