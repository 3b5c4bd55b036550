package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.route.Outcome;
import io.kvasir.testing.Await;
import io.kvasir.testing.ReservedPorts;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamFailureTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";

    /** What is called when bytes of an answer are there. */
    private static final Set<String> ANSWERING = Set.of("answered", "chunk");

    private static void assertCut(RawClient.Answer answer, ProxyFixture proxy) {
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.complete()).isFalse();
        proxy.assertNothingHeld();
        Await.until("the abort is counted", () -> proxy.counts().aborted(AbortReason.UPSTREAM_RESET) == 1);
        assertThat(proxy.counts().answered(2)).isZero();
    }

    @Test
    void anEngineThatDiesInAStreamCutsTheStreamVisibly() throws Exception {
        for (boolean reset : new boolean[] {true, false}) {
            var seen = new CountDownLatch(1);
            try (var engine = new RawUpstream(peer -> {
                        peer.read();
                        peer.beginStream();
                        peer.chunk("data: {\"a\":1}\n\n");
                        // a reset takes with it what has not been read yet
                        seen.await();
                        if (reset) {
                            peer.reset();
                        }
                    });
                    var proxy = ProxyFixture.over(engine.spec("a"));
                    var client = proxy.client()) {
                var head = client.post(CHAT, BODY).head();
                assertThat(client.chunk()).contains("{\"a\":1}");
                seen.countDown();
                assertCut(client.rest(head), proxy);
            }
        }
    }

    @Test
    void anEngineThatPromisedMoreBytesCutsTheAnswerVisibly() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.write(
                            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"a\":");
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = client.post(CHAT, BODY).answer();
            assertThat(answer.complete() && answer.status() == 200).isFalse();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void bytesBeyondThePromisedOnesReachNobody() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        peer.read();
                        peer.write(
                                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
                    }
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.post(CHAT, BODY).answer().body()).isEqualTo("{}");
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEventStreamThatOnlyItsConnectionEndsMustSayDone() throws Exception {
        for (boolean done : new boolean[] {true, false}) {
            try (var engine = new RawUpstream(peer -> {
                        peer.read();
                        peer.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"a\":1}\n\n");
                        if (done) {
                            peer.write("data: [DONE]\n\n");
                        }
                    });
                    var proxy = ProxyFixture.over(engine.spec("a"));
                    var client = proxy.client()) {
                var answer = client.post(CHAT, BODY).answer();
                assertThat(answer.complete() && answer.status() == 200).isEqualTo(done);
                proxy.assertNothingHeld();
            }
        }
    }

    @Test
    void anHttp10ClientSeesACutStreamAsAReset() throws Exception {
        var go = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    peer.chunk("data: {\"a\":1}\n\n");
                    go.await();
                    peer.reset();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.send("POST " + CHAT + " HTTP/1.0\r\ncontent-length: " + BODY.length() + "\r\n\r\n" + BODY);
            var head = client.head();
            assertThat(head.headers()).doesNotContainKey("transfer-encoding");
            go.countDown();
            assertThat(client.rest(head).complete()).isFalse();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anHttp10ClientGetsAWholeAnswerWithItsConnectionsEnd() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    peer.chunk("data: [DONE]\n\n");
                    peer.write("0\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.send("POST " + CHAT + " HTTP/1.0\r\nconnection: keep-alive\r\ncontent-length: " + BODY.length()
                    + "\r\n\r\n" + BODY);
            var answer = client.answer();
            assertThat(answer.body()).isEqualTo("data: [DONE]\n\n");
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anAnswerThatIsNotHttpIsABadGateway() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.write("SSH-2.0-OpenSSH_9\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(502);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineThatClosesAFreshConnectionUnansweredIsABadGateway() throws Exception {
        var asked = new AtomicInteger();
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    asked.incrementAndGet();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(502);
            // it may have begun to compute: it is not asked twice
            assertThat(asked).hasValue(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aRefusedConnectionIsRetriedElsewhereOnce() throws Exception {
        int closed = ReservedPorts.next();
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"))) {
            int retried = 0;
            // who is asked first is up to the router
            for (int i = 0; i < 20 && retried == 0; i++) {
                try (var proxy = ProxyFixture.over(EndpointSpec.of("gone", "127.0.0.1", closed), engine.spec("a"));
                        var client = proxy.client()) {
                    for (int j = 0; j < 20; j++) {
                        assertThat(client.post("/llm/m/v1/completions", "{\"prompt\":\"" + j + "\"}")
                                        .answer()
                                        .status())
                                .isEqualTo(200);
                    }
                    proxy.assertNothingHeld();
                    retried += (int) proxy.counts().connectRetries();
                    if (retried > 0) {
                        assertThat(retried).isEqualTo(1);
                        assertThat(proxy.pool.snapshot().at(0).health().state()).isEqualTo(EndpointHealth.State.DOWN);
                    }
                }
            }
            assertThat(retried).isEqualTo(1);
            assertThat(engine.next().text()).startsWith("{\"model\":\"m\",\"prompt\":");
        }
    }

    @Test
    void errorsOfTheEnginePassThrough() throws Exception {
        var json = "{\"error\":{\"message\":\"no\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}";
        for (int status : new int[] {400, 404, 429, 500, 503}) {
            try (var engine = new RawUpstream(RawUpstream.answering(status, json));
                    var proxy = ProxyFixture.over(engine.spec("a"));
                    var client = proxy.client()) {
                var answer = client.post(CHAT, BODY).answer();
                assertThat(answer.status()).isEqualTo(status);
                assertThat(answer.body()).isEqualTo(json);
                proxy.assertNothingHeld();
            }
        }
    }

    @Test
    void aQuotasRefusalIsNoneOfOurs() throws Exception {
        var json = "{\"error\":{\"message\":\"quota\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}";
        try (var edge = new RawUpstream(RawUpstream.answering(429, json));
                var proxy = ProxyFixture.over(edge.spec("a"));
                var client = proxy.client()) {
            var answer = client.post(CHAT, BODY).answer();
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.body()).isEqualTo(json);
            assertThat(answer.headers())
                    .doesNotContainKeys("x-llm-d-request-dropped-reason", "retry-after-ms", "retry-after");
            Await.await(() -> proxy.router.counts().ended(Outcome.REFUSED_BY_ENGINE) == 1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineMayRefuseABodyBeforeItHasReadIt() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.write("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = client.post(CHAT, "{\"model\":\"m\",\"x\":\"" + "y".repeat(20_000_000) + "\"}")
                    .answer();
            assertThat(answer.status()).isEqualTo(413);
            proxy.assertNothingHeld();
            Await.until(
                    "the engine's connection is closed", () -> engine.peers().getFirst().gone);
        }
    }

    @Test
    void aClientThatLeavesCancelsTheEngineAtOnce() throws Exception {
        for (boolean streaming : new boolean[] {true, false}) {
            var gone = new CountDownLatch(1);
            var began = new CountDownLatch(1);
            try (var engine = new RawUpstream(peer -> {
                        peer.read();
                        if (streaming) {
                            peer.beginStream();
                            peer.chunk("data: {\"a\":1}\n\n");
                        }
                        began.countDown();
                        peer.awaitGone();
                        gone.countDown();
                    });
                    var proxy = ProxyFixture.over(engine.spec("a"))) {
                try (var client = proxy.client()) {
                    client.post(CHAT, BODY);
                    if (streaming) {
                        client.head();
                        client.chunk();
                    }
                    assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();
                }
                assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
                proxy.assertNothingHeld();
                assertThat(proxy.counts().aborted(AbortReason.CLIENT_GONE)).isEqualTo(1);
            }
        }
    }

    /** Streams until nobody takes it any more; how much that was. */
    private static RawUpstream.Script endless(AtomicInteger chunks) {
        var chunk = "data: " + "y".repeat(8000) + "\n\n";
        return peer -> {
            peer.read();
            peer.beginStream();
            while (true) {
                peer.chunk(chunk);
                chunks.incrementAndGet();
            }
        };
    }

    @Test
    void aClientThatDoesNotReadStopsTheEngineAndIsEndedWhenIdle() throws Exception {
        var settings = ProxyFixture.SETTINGS.toBuilder()
                .waits(new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMillis(500)))
                .build();
        var chunks = new AtomicInteger();
        try (var engine = new RawUpstream(endless(chunks));
                var proxy = ProxyFixture.over(settings, engine.spec("a"));
                var client = new RawClient(proxy.port(), 4096)) {
            var head = client.post(CHAT, BODY).head();
            Await.until("the engine is stopped", () -> proxy.counts().pauses() > 0);
            Await.until("the client is given up", () -> proxy.counts().aborted(AbortReason.IDLE) == 1);
            // socket buffers on both sides and no more
            assertThat(chunks.get() * 8000L).isLessThan(64L << 20);
            assertThat(client.rest(head).complete()).isFalse();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aClientThatReadsAgainGetsEverythingAlsoAfterAborts() throws Exception {
        var chunk = "data: " + "y".repeat(8000) + "\n\n";
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    for (int i = 0; i < 4000; i++) {
                        peer.chunk(chunk);
                    }
                    peer.write("0\r\n\r\n");
                    peer.awaitGone();
                });
                var proxy = ProxyFixture.over(engine.spec("a"))) {
            for (int i = 0; i < 5; i++) {
                long before = proxy.counts().pauses();
                try (var client = new RawClient(proxy.port(), 4096)) {
                    client.post(CHAT, BODY).head();
                    Await.until("the engine is stopped", () -> proxy.counts().pauses() > before);
                }
            }
            proxy.assertNothingHeld();
            long before = proxy.counts().pauses();
            try (var client = new RawClient(proxy.port(), 4096)) {
                var head = client.post(CHAT, BODY).head();
                Await.until("the engine is stopped", () -> proxy.counts().pauses() > before);
                var answer = client.rest(head);
                assertThat(answer.complete()).isTrue();
                assertThat(answer.body()).hasSize(4000 * chunk.length());
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineThatFallsSilentInAnAnswerIsGivenUpButNotOneThatStillComputes() throws Exception {
        var settings = ProxyFixture.SETTINGS.toBuilder()
                .waits(new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMillis(100)))
                .build();
        var silent = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
                    if (peer.read().text().contains("stream")) {
                        peer.beginStream();
                        peer.chunk("data: {}\n\n");
                        peer.awaitGone();
                    } else {
                        silent.await();
                        peer.answer(200, "{}");
                    }
                });
                var proxy = ProxyFixture.over(settings, engine.spec("a"));
                var patient = proxy.client();
                var client = proxy.client()) {
            patient.post(CHAT, BODY);
            engine.next();
            assertThat(client.post(CHAT, "{\"model\":\"m\",\"stream\":true}")
                            .answer()
                            .complete())
                    .isFalse();
            assertThat(proxy.counts().aborted(AbortReason.IDLE)).isEqualTo(1);
            silent.countDown();
            assertThat(patient.answer().status()).isEqualTo(200);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void requestsBeyondTheConnectionsAndTheWaitingOnesAreRefused() throws Exception {
        var settings = ProxyFixture.SETTINGS.toBuilder()
                .eventLoops(1)
                .connections(new ProxySettings.Connections(1, 1))
                .build();
        var go = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        peer.read();
                        go.await();
                        peer.answer(200, "{}");
                    }
                });
                var proxy = ProxyFixture.over(settings, engine.spec("a"));
                var first = proxy.client();
                var second = proxy.client();
                var third = proxy.client()) {
            first.post(CHAT, BODY);
            engine.next();
            second.post(CHAT, BODY);
            Await.until("the second waits", () -> proxy.counts().inFlight() == 2);
            assertThat(third.post(CHAT, BODY).answer().status()).isEqualTo(503);
            assertThat(proxy.pool.snapshot().at(0).health().routable()).isTrue();
            go.countDown();
            assertThat(first.answer().status()).isEqualTo(200);
            assertThat(second.answer().status()).isEqualTo(200);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Forwarding", "Relay"})
    void aFaultOfOursWhileAnAnswerComesIsToldToItsClient(String state) throws Exception {
        var faults = new AtomicInteger(1);
        LongSupplier clock = () -> {
            boolean answering = StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getClassName().endsWith("proxy." + state)
                                    && ANSWERING.contains(frame.getMethodName())));
            if (answering && faults.getAndDecrement() > 0) {
                throw new IllegalStateException("a fault");
            }
            return System.nanoTime();
        };
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = new ProxyFixture(ProxyFixture.SETTINGS, clock, List.of(engine.spec("a")));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(500);
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
            Await.until("no request in flight", () -> proxy.counts().inFlight() == 0);
        }
    }
}
