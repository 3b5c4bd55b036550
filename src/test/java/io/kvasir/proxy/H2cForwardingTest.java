package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EngineProtocol;
import io.kvasir.scrape.H2cEngine;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.junit.jupiter.api.Test;

/** Engines that speak HTTP/2 by prior knowledge only. */
class H2cForwardingTest {
    private static final String CHAT = "/v1/chat/completions";

    private static void stream(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            var response = request.response().putHeader("content-type", "text/event-stream");
            response.write("data: {\"echo\":" + body.length() + "}\n\n");
            response.write("data: " + request.getHeader("x-request-id") + "\n\n");
            response.end("data: [DONE]\n\n");
        });
    }

    @Test
    void requestsAndStreamsPassInHttp2() throws Exception {
        try (var engine = new H2cEngine(H2cForwardingTest::stream);
                var proxy = ProxyFixture.over(engine.spec("a").toBuilder()
                        .protocol(EngineProtocol.H2C)
                        .build());
                var client = proxy.client()) {
            String body = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
                    + "x".repeat(300_000) + "\"}]}";
            for (int i = 0; i < 3; i++) {
                var answer = client.post(CHAT, body, "x-request-id: id-" + i).answer();

                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).contains("{\"echo\":" + body.length() + "}", "id-" + i, "[DONE]");
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void whatTheScraperFoundOutCounts() throws Exception {
        try (var engine = new H2cEngine(request -> request.response().end("{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).speaks(EngineProtocol.H2C);

            assertThat(client.get("/v1/batches").answer().body()).isEqualTo("{}");
        }
    }

    @Test
    void aStreamThatTheEngineResetsIsBrokenOffVisibly() throws Exception {
        try (var engine = new H2cEngine(request -> request.body().onSuccess(body -> {
                    request.response().putHeader("content-type", "text/event-stream");
                    request.response()
                            .write(Buffer.buffer("data: {}\n\n"))
                            .onComplete(written -> request.response().reset());
                }));
                var proxy = ProxyFixture.over(engine.spec("a").toBuilder()
                        .protocol(EngineProtocol.H2C)
                        .build());
                var client = proxy.client()) {
            var head = client.post(CHAT, "{\"model\":\"m\",\"stream\":true,\"messages\":[]}")
                    .head();

            assertThat(head.status()).isIn(200, 502);
            if (head.status() == 200) {
                assertThat(client.rest(head).complete()).isFalse();
            }
            proxy.assertNothingHeld();
        }
    }
}
