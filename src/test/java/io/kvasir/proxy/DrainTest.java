package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class DrainTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";

    @Test
    void answersInProgressAreFinishedAndNobodyElseIsLetIn() throws Exception {
        var go = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    peer.chunk("data: {\"a\":1}\n\n");
                    go.await();
                    peer.chunk("data: [DONE]\n\n");
                    peer.write("0\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client();
                var idle = proxy.client()) {
            var head = client.post(CHAT, BODY).head();
            assertThat(idle.get("/v2/nothing").answer().status()).isEqualTo(404);
            var stopped = CompletableFuture.runAsync(() -> proxy.server.stop(Duration.ofSeconds(60)));

            idle.awaitClosed();
            Await.until("the port is closed", () -> refused(proxy.port()));
            assertThat(stopped).isNotDone();

            go.countDown();
            assertThat(client.rest(head).complete()).isTrue();
            client.awaitClosed();
            stopped.join();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void whatIsNotDoneInTimeIsBrokenOffVisibly() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    if (peer.read().text().contains("stream")) {
                        peer.beginStream();
                        peer.chunk("data: {\"a\":1}\n\n");
                    }
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var streaming = proxy.client();
                var waiting = proxy.client()) {
            var head = streaming.post(CHAT, "{\"model\":\"m\",\"stream\":true}").head();
            waiting.post(CHAT, BODY);
            engine.next();
            engine.next();

            proxy.server.stop(Duration.ofMillis(1));

            assertThat(streaming.rest(head).complete()).isFalse();
            assertThat(waiting.answer().status()).isEqualTo(503);
            assertThat(proxy.counts().aborted(AbortReason.SHUTDOWN)).isEqualTo(1);
            proxy.assertNothingHeld();
            for (var peer : engine.peers()) {
                Await.until("the engine is cancelled", () -> peer.gone);
            }
        }
    }

    @Test
    void stoppingWithoutAnyClientIsQuickAndTwiceIsFine() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"))) {
            int port = proxy.port();
            proxy.server.stop(Duration.ofSeconds(60));
            proxy.server.stop(Duration.ofSeconds(60));
            // the kernel lets go of the port when the event loop next looks at its channels
            Await.until("the port is refused", () -> refused(port));
        }
    }

    private static boolean refused(int port) {
        try (var _ = new RawClient(port)) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
