package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.kvasir.route.Outcome;
import io.kvasir.testing.Await;
import io.kvasir.transport.Transport;
import io.netty.channel.epoll.Epoll;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks that come after the first was passed on, so that they go to the client as they are. */
class FramedRelayTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\",\"stream\":true}";
    private static final String FIRST = "data: {\"first\":1}\n\n";
    private static final String EVENT = "data: {\"choices\":[{\"delta\":{\"content\":\"token\"}}]}\n\n";
    private static final String END = "data: [DONE]\n\n";

    /** Writes a body after the client has had its first chunk. */
    private static RawUpstream upstream(CountDownLatch had, RawUpstream.Script rest) throws java.io.IOException {
        return new RawUpstream(peer -> {
            peer.read();
            peer.beginStream();
            peer.chunk(FIRST);
            had.await();
            rest.serve(peer);
            peer.awaitGone();
        });
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    /** An answer to a request whose first chunk is read before the rest of it is written. */
    private static RawClient.Answer answer(RawClient client, CountDownLatch had) throws java.io.IOException {
        var head = client.post(CHAT, BODY).head();
        assertThat(client.chunk()).isEqualTo(FIRST);
        had.countDown();
        return client.rest(head);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 50, 1000})
    void chunksAreWholeHoweverTheyAreCut(int piece) throws Exception {
        var had = new CountDownLatch(1);
        String body = chunk(EVENT).repeat(20) + chunk(END) + "0\r\n\r\n";
        try (var engine = upstream(had, peer -> {
                    for (int at = 0; at < body.length(); at += piece) {
                        peer.write(body.substring(at, Math.min(body.length(), at + piece)));
                    }
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = answer(client, had);
            assertThat(answer.body()).isEqualTo(EVENT.repeat(20) + END);
            assertThat(answer.complete()).isTrue();
            proxy.assertNothingHeld();
            Await.await(() -> proxy.router.counts().ended(Outcome.COMPLETED) == 1);
        }
    }

    @Test
    void theConnectionsOfBothSidesServeTheNextRequest() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        peer.read();
                        peer.beginStream();
                        peer.chunk(FIRST);
                        peer.awaitIdle();
                        peer.chunk(EVENT);
                        peer.chunk(END);
                        peer.write("0\r\nx-sum: 7\r\n\r\n");
                    }
                });
                var proxy = ProxyFixture.over(ProxyFixture.SETTINGS.withEventLoops(1), engine.spec("a"));
                var client = proxy.client()) {
            for (int i = 0; i < 3; i++) {
                var head = client.post(CHAT, BODY).head();
                assertThat(client.chunk()).isEqualTo(FIRST);
                engine.peers().getFirst().idle.release();
                var answer = client.rest(head);
                assertThat(answer.body()).isEqualTo(EVENT + END);
                assertThat(answer.trailers()).containsEntry("x-sum", "7");
                proxy.assertNothingHeld();
            }
            assertThat(engine.peers()).hasSize(1);
        }
    }

    @Test
    void anExtensionAmongPlainChunksIsReadAndLeftOut() throws Exception {
        var had = new CountDownLatch(1);
        String size = Integer.toHexString(EVENT.length());
        try (var engine = upstream(
                        had,
                        peer -> peer.write(
                                chunk(EVENT) + size + ";a\r\n" + EVENT + "\r\n" + chunk(END) + "0\r\n\r\n"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = answer(client, had);
            assertThat(answer.body()).isEqualTo(EVENT + EVENT + END);
            assertThat(answer.complete()).isTrue();
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3\r\nabc5\r\nhello\r\n0\r\n\r\n",
                "3\r\nabcdefg\r\n0\r\n\r\n",
                "zz\r\nabc\r\n0\r\n\r\n",
                "fffffffff\r\na"
            })
    void whatIsNoChunkBreaksTheAnswerOff(String broken) throws Exception {
        var had = new CountDownLatch(1);
        try (var engine = upstream(had, peer -> peer.write(chunk(EVENT) + broken));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = answer(client, had);
            assertThat(answer.body()).startsWith(EVENT);
            assertThat(answer.complete()).isFalse();
            assertThat(proxy.counts().aborted(AbortReason.UPSTREAM_RESET)).isEqualTo(1);
            Await.until("the engine is let go", () -> engine.peers().getFirst().gone);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "5\r\nhel", "5\r\nhello", "5\r\nhello\r"})
    void anEndpointThatClosesWithinTheBodyBreaksTheAnswerOff(String last) throws Exception {
        var had = new CountDownLatch(1);
        try (var engine = upstream(had, peer -> {
                    peer.write(chunk(EVENT) + last);
                    peer.socket.shutdownOutput();
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = answer(client, had);
            assertThat(answer.body()).startsWith(EVENT);
            assertThat(answer.complete()).isFalse();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aClientThatDoesNotReadStopsTheEndpointAndGetsAllOfItLater() throws Exception {
        var had = new CountDownLatch(1);
        int chunks = 20_000;
        String text = "x".repeat(2000) + "\n\n";
        var written = new AtomicLong();
        try (var engine = upstream(had, peer -> {
                    for (int i = 0; i < chunks; i++) {
                        peer.chunk(numbered(i, text));
                        written.incrementAndGet();
                    }
                    peer.chunk(END);
                    peer.write("0\r\n\r\n");
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = new RawClient(proxy.port(), 64 << 10)) {
            var head = client.post(CHAT, BODY).head();
            assertThat(client.chunk()).isEqualTo(FIRST);
            had.countDown();
            Await.until("the endpoint is no longer read", () -> proxy.counts().pauses() > 0);
            assertThat(written.get()).isLessThan(chunks);
            var answer = client.rest(head);
            assertThat(answer.complete()).isTrue();
            int at = 0;
            for (int i = 0; i < chunks; i++) {
                var event = numbered(i, text);
                assertThat(answer.body().startsWith(event, at)).as("%d", i).isTrue();
                at += event.length();
            }
            assertThat(answer.body().substring(at)).isEqualTo(END);
            proxy.assertNothingHeld();
            // its first token, and not the others, which it sent when the client read
            assertThat(proxy.time.rates(proxy.pool.snapshot().at(0), "m").samples())
                    .isEqualTo(1);
        }
    }

    private static String numbered(int number, String text) {
        return "data: " + number + text;
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatTakesLittleAtOnceGetsAllOfItInOrder(Transport transport) throws Exception {
        assumeThat(transport == Transport.NIO || Epoll.isAvailable()).isTrue();
        var had = new CountDownLatch(1);
        var sizes = new Random(1);
        var whole = new StringBuilder();
        var texts = new ArrayList<String>();
        for (int i = 0; i < 2000; i++) {
            texts.add(numbered(i, "x".repeat(sizes.nextInt(8000)) + "\n\n"));
            whole.append(texts.getLast());
        }
        try (var engine = upstream(had, peer -> {
                    for (var text : texts) {
                        peer.chunk(text);
                    }
                    peer.write("0\r\n\r\n");
                });
                var proxy = ProxyFixture.on(transport, engine.spec("a"));
                var client = new RawClient(proxy.port(), 32 << 10)) {
            var answer = answer(client, had);
            assertThat(answer.complete()).isTrue();
            assertThat(answer.body().contentEquals(whole)).isTrue();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aClientThatResetsInMidStreamEndsIt() throws Exception {
        var had = new CountDownLatch(1);
        try (var engine = upstream(had, peer -> {
                    while (true) {
                        peer.chunk(EVENT);
                        peer.awaitIdle();
                    }
                });
                var proxy = ProxyFixture.over(engine.spec("a"))) {
            var client = proxy.client();
            client.post(CHAT, BODY).head();
            assertThat(client.chunk()).isEqualTo(FIRST);
            had.countDown();
            assertThat(client.chunk()).isEqualTo(EVENT);
            client.socket.setSoLinger(true, 0);
            client.close();
            engine.peers().getFirst().idle.release(1 << 30);
            Await.until("the client is gone", () -> proxy.counts().aborted(AbortReason.CLIENT_GONE) == 1);
            Await.until(
                    "the engine is cancelled",
                    () -> engine.peers().getFirst().socket.isClosed());
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aClientThatLeavesCancelsTheEndpoint() throws Exception {
        var had = new CountDownLatch(1);
        try (var engine = upstream(had, peer -> {
                    while (true) {
                        peer.chunk(EVENT);
                    }
                });
                var proxy = ProxyFixture.over(engine.spec("a"))) {
            try (var client = proxy.client()) {
                client.post(CHAT, BODY).head();
                assertThat(client.chunk()).isEqualTo(FIRST);
                had.countDown();
                assertThat(client.chunk()).isEqualTo(EVENT);
            }
            Await.until("the client is gone", () -> proxy.counts().aborted(AbortReason.CLIENT_GONE) == 1);
            Await.until(
                    "the engine is cancelled",
                    () -> engine.peers().getFirst().socket.isClosed());
            proxy.assertNothingHeld();
        }
    }

    @Test
    void usageAndTheFirstTokenAreCountedAllTheSame() throws Exception {
        var had = new CountDownLatch(1);
        try (var engine = upstream(
                        had,
                        peer -> peer.write(chunk(EVENT)
                                + chunk("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2,"
                                        + "\"total_tokens\":13}}\n\n")
                                + chunk(END)
                                + "0\r\n\r\n"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            assertThat(answer(client, had).complete()).isTrue();
            proxy.assertNothingHeld();
            assertThat(proxy.router.counts().promptTokens()).isEqualTo(11);
            assertThat(proxy.router.counts().outputTokens()).isEqualTo(2);
        }
    }
}
