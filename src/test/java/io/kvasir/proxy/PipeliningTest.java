package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Requests sent without waiting for the answers to those before them. */
class PipeliningTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";
    private static final ProxySettings ONE_LOOP = ProxyFixture.SETTINGS.withEventLoops(1);
    private static final int FLOOD = 60_000;
    private static final String GET = "GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n";

    /** An engine that streams an event, then waits for a permit before it ends the stream. */
    private static RawUpstream streaming(Semaphore permits) throws IOException {
        return new RawUpstream(peer -> {
            while (true) {
                var request = peer.read();
                peer.beginStream();
                peer.chunk("data: " + request.text().length() + "\n\n");
                permits.acquire();
                peer.chunk("data: [DONE]\n\n");
                peer.write("0\r\n\r\n");
            }
        });
    }

    /** Writes as long as the other side reads; says how many bytes went. */
    private static AtomicLong flood(RawClient client, String text, int times) {
        var sent = new AtomicLong();
        Thread.ofVirtual().start(() -> {
            try {
                var some = text.repeat(100).getBytes(ISO_8859_1);
                for (int i = 0; i < times / 100; i++) {
                    client.socket.getOutputStream().write(some);
                    sent.addAndGet(some.length);
                }
            } catch (IOException e) {
                // reset by the other side
            }
        });
        return sent;
    }

    @Test
    void aFloodBehindAStreamCostsNobodyElseAnythingAndIsAnsweredInOrderLater() throws Exception {
        var permits = new Semaphore(0);
        try (var engine = streaming(permits);
                var proxy = ProxyFixture.over(ONE_LOOP, engine.spec("a"));
                var flooding = proxy.client();
                var other = proxy.client()) {
            flooding.post(CHAT, BODY);
            var head = flooding.head();
            flood(flooding, GET, FLOOD);
            for (int i = 0; i < 100; i++) {
                assertThat(other.get("/other").answer().status()).isEqualTo(404);
            }
            Await.await(() -> proxy.counts().answered(4) == 100);
            assertThat(proxy.counts().inFlight()).isEqualTo(1);

            permits.release();
            assertThat(flooding.rest(head).complete()).isTrue();
            for (int i = 0; i < FLOOD; i++) {
                assertThat(flooding.answer().status()).isEqualTo(404);
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void nothingIsReadOfAFloodBeyondALittleWhileItWaits() throws Exception {
        try (var engine = streaming(new Semaphore(0));
                var proxy = ProxyFixture.over(ONE_LOOP, engine.spec("a"));
                var flooding = new RawClient(proxy.port())) {
            flooding.post(CHAT, BODY).head();
            // more than the buffers of both sockets can take
            var sent = flood(flooding, GET, 1_000_000);
            Await.until("the writer is stuck", new Stuck(sent)::isTrue);
            assertThat(sent.get()).isLessThan(1_000_000L * GET.length());
            assertThat(proxy.counts().inFlight()).isEqualTo(1);
        }
    }

    @Test
    void aClientThatReadsNoAnswersToItsRefusedRequestsIsNotReadEither() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(ONE_LOOP, engine.spec("a"));
                var flooding = proxy.client();
                var other = proxy.client()) {
            var sent = flood(flooding, GET, 1_000_000);
            Await.until("the writer is stuck", new Stuck(sent)::isTrue);
            assertThat(proxy.counts().answered(4)).isLessThan(1_000_000);
            assertThat(other.get("/other").answer().status()).isEqualTo(404);
        }
    }

    /** Whether a counter of bytes has begun and then stood still over many looks. */
    private static final class Stuck {
        private final AtomicLong sent;
        private long last;
        private int looks;

        Stuck(AtomicLong sent) {
            this.sent = sent;
        }

        boolean isTrue() {
            long now = sent.get();
            looks = now == last && now > 0 ? looks + 1 : 0;
            last = now;
            return looks > 300;
        }
    }

    @Test
    void requestsOfAllKindsAreAnsweredInOrderHoweverTheyArrive() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        peer.answer(200, "{\"length\":" + peer.read().text().length() + "}");
                    }
                });
                var proxy = ProxyFixture.over(ONE_LOOP, engine.spec("a"))) {
            var all = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                var text = BODY.replace("hi", "h".repeat(i * i));
                all.append(GET)
                        .append("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: " + text.length()
                                + "\r\n\r\n")
                        .append(text)
                        .append("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
                        .append("5\r\n" + text.substring(0, 5) + "\r\n")
                        .append(Integer.toHexString(text.length() - 5) + "\r\n" + text.substring(5) + "\r\n0\r\n\r\n");
            }
            for (int piece : new int[] {Integer.MAX_VALUE, 1000, 17}) {
                try (var client = proxy.client()) {
                    Thread.ofVirtual().start(() -> {
                        try {
                            for (int at = 0; at < all.length(); at += piece) {
                                client.send(all.substring(at, (int) Math.min((long) at + piece, all.length())));
                                if (piece == Integer.MAX_VALUE) {
                                    break;
                                }
                            }
                        } catch (IOException e) {
                            // the answers are missed
                        }
                    });
                    for (int i = 0; i < 50; i++) {
                        int length = BODY.length() - 2 + i * i;
                        assertThat(client.answer().status()).isEqualTo(404);
                        assertThat(client.answer().body()).isEqualTo("{\"length\":" + length + "}");
                        assertThat(client.answer().body()).isEqualTo("{\"length\":" + length + "}");
                    }
                }
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void whatIsNoHttpBehindAStreamIsAnsweredInItsTurn() throws Exception {
        var permits = new Semaphore(0);
        try (var engine = streaming(permits);
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY).send("nonsense\r\n\r\n");
            var head = client.head();
            permits.release();
            assertThat(client.rest(head).complete()).isTrue();
            assertThat(client.answer().status()).isEqualTo(400);
            client.awaitClosed();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aRequestThatWaitedIsDrainedLikeAnyOther() throws Exception {
        var permits = new Semaphore(1);
        try (var engine = streaming(permits);
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY).post(CHAT, BODY);
            assertThat(client.answer().complete()).isTrue();
            var second = client.head();

            var stopped = CompletableFuture.runAsync(() -> proxy.server.stop(Duration.ofSeconds(60)));
            Await.until("nobody is let in", () -> refused(proxy.port()));
            assertThat(stopped).isNotDone();
            permits.release();
            assertThat(client.rest(second).complete()).isTrue();
            client.awaitClosed();
            stopped.join();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aRequestThatWaitedIsBrokenOffAtTheEndOfADrain() throws Exception {
        var permits = new Semaphore(1);
        try (var engine = streaming(permits);
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY).post(CHAT, BODY).post(CHAT, BODY);
            client.answer();
            var second = client.head();
            proxy.server.stop(Duration.ofMillis(1));
            assertThat(client.rest(second).complete()).isFalse();
            assertThat(engine.requests()).isEqualTo(2);
            assertThat(proxy.counts().aborted(AbortReason.SHUTDOWN)).isEqualTo(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aRequestThatWaitedHasTheIdleTimeoutOfAnyOther() throws Exception {
        var waits = new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMillis(200));
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.answer(200, "{}");
                    peer.read();
                    peer.beginStream();
                    peer.chunk("data: 1\n\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(ONE_LOOP.toBuilder().waits(waits).build(), engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY).post(CHAT, BODY);
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(client.answer().complete()).isFalse();
            assertThat(proxy.counts().aborted(AbortReason.IDLE)).isEqualTo(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aBodyThatStopsHalfwayBehindAnotherRequestTimesOut() throws Exception {
        var waits = new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMillis(200));
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(ONE_LOOP.toBuilder().waits(waits).build(), engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY)
                    .send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"model\":");
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(client.answer().status()).isEqualTo(408);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void theHeadOfARequestThatStopsHalfwayBehindAnotherTimesOut() throws Exception {
        var waits = new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofMillis(200), Duration.ofHours(1));
        var permits = new Semaphore(0);
        try (var engine = streaming(permits);
                var proxy = ProxyFixture.over(ONE_LOOP.toBuilder().waits(waits).build(), engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            var head = client.head();
            client.send("GET /nothing HTT");
            permits.release();
            assertThat(client.rest(head).complete()).isTrue();
            client.awaitClosed();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aClientThatLeavesWithARequestWaitingIsNoticed() throws Exception {
        try (var engine = streaming(new Semaphore(0));
                var proxy = ProxyFixture.over(engine.spec("a"))) {
            try (var client = proxy.client()) {
                client.post(CHAT, BODY).post(CHAT, BODY).head();
            }
            Await.until("the books are closed", () -> proxy.counts().aborted(AbortReason.CLIENT_GONE) == 1);
            assertThat(engine.requests()).isEqualTo(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aStopEndsInTimeWhileClientsFloodAndReadNothing() throws Exception {
        var begun = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    begun.countDown();
                    while (true) {
                        peer.chunk("data: " + "x".repeat(10_000) + "\n\n");
                    }
                });
                var proxy = ProxyFixture.over(ONE_LOOP, engine.spec("a"));
                var streaming = proxy.client();
                var refused = proxy.client()) {
            flood(streaming.post(CHAT, BODY), GET, 1_000_000);
            var sent = flood(refused, GET, 1_000_000);
            begun.await();
            Await.until("the writer is stuck", new Stuck(sent)::isTrue);
            proxy.server.stop(Duration.ofMillis(100));
            assertThat(refused(proxy.port())).isTrue();
            Await.until("no connection is left", () -> proxy.counts().connections() == 0);
            proxy.assertNothingHeld();
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
