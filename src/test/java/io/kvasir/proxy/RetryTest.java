package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.route.RetryBudget;
import io.kvasir.route.RetryReason;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sent again, what never is, and what that does to an endpoint's standing. The router's clock stands still. */
class RetryTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";
    private static final String ERROR = "{\"error\":{\"message\":\"no\",\"type\":\"X\",\"param\":null,\"code\":1}}";
    private static final long SECOND = 1_000_000_000;

    private final AtomicLong clock = new AtomicLong(SECOND);

    private ProxyFixture proxy(EndpointSpec... endpoints) throws BindException {
        var settings = ProxyFixture.SETTINGS.toBuilder()
                .eventLoops(1)
                .waits(new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(300)))
                .build();
        return new ProxyFixture(settings, clock::get, List.of(endpoints));
    }

    private static EndpointSpec spec(String name, RawUpstream engine, int maxModelLen) {
        return EndpointSpec.builder(name, "127.0.0.1", engine.port())
                .model("m")
                .maxModelLen(maxModelLen)
                .build();
    }

    private static EndpointHealth health(ProxyFixture proxy, int index) {
        return proxy.pool.snapshot().at(index).health();
    }

    private static int status(ProxyFixture proxy) throws Exception {
        try (var client = proxy.client()) {
            return client.post(CHAT, BODY).answer().status();
        }
    }

    @Test
    void asManyDeadKeptConnectionsAsThereAreCostTheClientNothing() throws Exception {
        int kept = 4;
        var opened = new CountDownLatch(kept);
        var connections = new AtomicInteger();
        try (var engine = new RawUpstream(peer -> {
                    boolean early = connections.getAndIncrement() < kept;
                    peer.read();
                    opened.countDown();
                    opened.await();
                    peer.answer(200, "{}");
                    if (early) {
                        // the request arrives where nobody reads any more
                        peer.socket.getInputStream().read();
                        peer.reset();
                    }
                });
                var proxy = proxy(engine.spec("a"))) {
            var clients = new ArrayList<RawClient>();
            for (int i = 0; i < kept; i++) {
                clients.add(proxy.client().post(CHAT, BODY));
            }
            for (var client : clients) {
                assertThat(client.answer().status()).isEqualTo(200);
            }
            for (var client : clients) {
                assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
                client.close();
            }
            assertThat(proxy.counts().staleResends()).isEqualTo(kept);
            assertThat(proxy.router.counts().retries(RetryReason.STALE_CONNECTION))
                    .isEqualTo(kept);
            assertThat(health(proxy, 0).standing(clock.get())).isEqualTo(EndpointHealth.Standing.GOOD);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineThatHadTheRequestForAWhileGetsItOnceAndNobodyElseDoes() throws Exception {
        var asked = new AtomicInteger();
        RawUpstream.Script dying = peer -> {
            peer.read();
            peer.answer(200, "{}");
            peer.read();
            asked.incrementAndGet();
            clock.addAndGet(3 * SECOND);
            peer.reset();
        };
        try (var first = new RawUpstream(dying);
                var second = new RawUpstream(dying);
                var proxy = proxy(first.spec("a"), second.spec("b"));
                var client = proxy.client()) {
            for (int i = 0; i < 30 && asked.get() == 0; i++) {
                int status = client.post(CHAT, BODY).answer().status();
                assertThat(status).isEqualTo(asked.get() == 0 ? 200 : 502);
            }
            assertThat(asked).hasValue(1);
            assertThat(proxy.counts().staleResends()).isZero();
            assertThat(proxy.counts().connectRetries()).isZero();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineThatBeganToAnswerIsNotAskedAgain() throws Exception {
        var asked = new AtomicInteger();
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.answer(200, "{}");
                    peer.read();
                    asked.incrementAndGet();
                    peer.write("HTTP/1.1 200 OK\r\ncontent-");
                    peer.reset();
                });
                var proxy = proxy(engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(502);
            assertThat(asked).hasValue(1);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void anEngineThatIsTooBusyIsLeftAloneForAsLongAsItAsked(int tooBusy) throws Exception {
        try (var busy = new RawUpstream(peer -> {
                    while (true) {
                        peer.read();
                        peer.write("HTTP/1.1 " + tooBusy + " X\r\nretry-after: 5\r\ncontent-length: 2\r\n\r\n{}");
                    }
                });
                var free = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(busy.spec("busy"), free.spec("free"))) {
            for (int i = 0; i < 100 && busy.requests() == 0; i++) {
                assertThat(status(proxy)).isEqualTo(200);
            }
            for (int i = 0; i < 20; i++) {
                assertThat(status(proxy)).isEqualTo(200);
            }
            assertThat(busy.requests()).isEqualTo(1);
            assertThat(health(proxy, 0).routable()).isTrue();
            assertThat(proxy.router.counts().retries(RetryReason.BACK_PRESSURE)).isEqualTo(1);

            clock.addAndGet(6 * SECOND);
            for (int i = 0; i < 100 && busy.requests() == 1; i++) {
                assertThat(status(proxy)).isEqualTo(200);
            }
            assertThat(busy.requests()).isEqualTo(2);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void whereAllAreTooBusyTheClientIsToldAsTheEngineSaysIt(int tooBusy) throws Exception {
        RawUpstream.Script script = peer -> {
            while (true) {
                peer.read();
                peer.write("HTTP/1.1 " + tooBusy + " X\r\nretry-after: 7\r\ncontent-length: " + ERROR.length()
                        + "\r\n\r\n" + ERROR);
            }
        };
        try (var first = new RawUpstream(script);
                var second = new RawUpstream(script);
                var third = new RawUpstream(script);
                var proxy = proxy(first.spec("a"), second.spec("b"), third.spec("c"));
                var client = proxy.client()) {
            for (int i = 0; i < 50; i++) {
                var answer = client.post(CHAT, BODY).answer();
                assertThat(answer.status()).isEqualTo(tooBusy);
                assertThat(answer.body()).isEqualTo(ERROR);
                assertThat(answer.headers()).containsEntry("retry-after", "7");
            }
            assertThat(first.requests() + second.requests() + third.requests())
                    .as("one that is pressed is not retried on")
                    .isLessThanOrEqualTo(52);
            assertThat(health(proxy, 0).routable()).isTrue();
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 422, 500, 501, 502})
    void tenRequestsThatEnginesCannotServeTakeNobodyOut(int failing) throws Exception {
        var poison = "{\"messages\":[],\"model\":\"m\",\"poison\":true}";
        RawUpstream.Script script = peer -> {
            while (true) {
                peer.answer(peer.read().text().equals(poison) ? failing : 200, ERROR);
            }
        };
        try (var first = new RawUpstream(script);
                var second = new RawUpstream(script);
                var third = new RawUpstream(script);
                var proxy = proxy(first.spec("a"), second.spec("b"), third.spec("c"));
                var client = proxy.client()) {
            for (int i = 0; i < 30; i++) {
                var answer = client.post(CHAT, poison).answer();
                assertThat(answer.status()).isEqualTo(failing);
                assertThat(answer.body()).isEqualTo(ERROR);
            }
            assertThat(first.requests() + second.requests() + third.requests())
                    .as("sent once each")
                    .isEqualTo(30);
            for (int i = 0; i < 3; i++) {
                assertThat(health(proxy, i).routable()).isTrue();
                assertThat(health(proxy, i).state()).isNotEqualTo(EndpointHealth.State.EJECTED);
            }
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBrokenEngineAmongGoodOnesIsFoundOutThoughItIsQuick(boolean answers) throws Exception {
        try (var broken = new RawUpstream(
                        answers
                                ? RawUpstream.answering(500, ERROR)
                                : peer -> peer.socket.getInputStream().read());
                var second = new RawUpstream(RawUpstream.answering(200, "{}"));
                var third = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(broken.spec("broken"), second.spec("b"), third.spec("c"))) {
            int failed = 0;
            for (int i = 0; i < 300; i++) {
                failed += status(proxy) == 200 ? 0 : 1;
                // probes find nothing wrong
                health(proxy, 0).probePassed();
            }
            assertThat(failed).isBetween(5, 12);
            assertThat(health(proxy, 0).state()).isEqualTo(EndpointHealth.State.EJECTED);

            clock.addAndGet(6 * SECOND);
            for (int i = 0; i < 300; i++) {
                failed += status(proxy) == 200 ? 0 : 1;
            }
            assertThat(failed).as("one trial").isBetween(6, 13);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 404})
    void anEngineThatRefusesEverythingDoesNotDrawRequestsByBeingQuick(int refusal) throws Exception {
        try (var misled = new RawUpstream(RawUpstream.answering(refusal, ERROR));
                var second = new RawUpstream(RawUpstream.answering(200, "{}"));
                var third = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(misled.spec("misled"), second.spec("b"), third.spec("c"))) {
            for (int i = 0; i < 200; i++) {
                status(proxy);
            }
            assertThat(misled.requests()).isBetween(1, 40);
            assertThat(health(proxy, 0).state()).isNotEqualTo(EndpointHealth.State.EJECTED);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aContextErrorIsTriedOnALargerEngineAndThereOnly() throws Exception {
        String tooLong =
                "{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096 tokens. However,"
                        + " you requested 4200 tokens\",\"code\":400}";
        try (var small = new RawUpstream(RawUpstream.answering(400, tooLong));
                var alike = new RawUpstream(RawUpstream.answering(400, tooLong));
                var large = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(spec("small", small, 4096), spec("alike", alike, 4096), spec("large", large, 8192))) {
            for (int i = 0; i < 100 && small.requests() + alike.requests() == 0; i++) {
                assertThat(status(proxy)).isEqualTo(200);
            }
            assertThat(small.requests() + alike.requests()).isEqualTo(1);
            assertThat(proxy.router.counts().retries(RetryReason.CONTEXT)).isEqualTo(1);
            assertThat(health(proxy, 0).standing(clock.get())).isEqualTo(EndpointHealth.Standing.GOOD);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aContextErrorThatNobodyLargerCanHelpPassesUnchanged() throws Exception {
        String tooLong =
                "{\"message\":\"The input (5000 tokens) is longer than the model's context length (4096 tokens).\"}";
        try (var small = new RawUpstream(RawUpstream.answering(400, tooLong));
                var large = new RawUpstream(RawUpstream.answering(400, tooLong.replace("4096", "8192")));
                var proxy = proxy(spec("small", small, 4096), spec("large", large, 8192));
                var client = proxy.client()) {
            for (int i = 0; i < 20; i++) {
                var answer = client.post(CHAT, BODY).answer();
                assertThat(answer.status()).isEqualTo(400);
                assertThat(answer.body()).contains("8192");
            }
            assertThat(large.requests()).isEqualTo(20);
            proxy.assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 200_000})
    void otherErrorsPassUnchangedWhereALargerEngineExists(int length) throws Exception {
        String error = "{\"message\":\"" + "x".repeat(length) + "\"}";
        try (var small = new RawUpstream(peer -> {
                    while (true) {
                        peer.read();
                        peer.write("HTTP/1.1 400 X\r\ntransfer-encoding: chunked\r\n\r\n");
                        peer.chunk(error);
                        peer.write("0\r\nx-end: y\r\n\r\n");
                    }
                });
                var large = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(spec("small", small, 4096), spec("large", large, 8192));
                var client = proxy.client()) {
            int passed = 0;
            for (int i = 0; i < 100 && passed < 3; i++) {
                var answer = client.post(CHAT, BODY).answer();
                if (answer.status() == 400) {
                    passed++;
                    assertThat(answer.body()).isEqualTo(error);
                    assertThat(answer.trailers()).containsEntry("x-end", "y");
                }
            }
            assertThat(passed).isEqualTo(3);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void retriesEndWithTheirBudget() throws Exception {
        try (var busy = new RawUpstream(RawUpstream.answering(503, ERROR));
                var free = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(busy.spec("busy"), free.spec("free"))) {
            for (int i = 0; i < RetryBudget.MOST; i++) {
                assertThat(proxy.router.retries().tryTake(clock.get())).isTrue();
            }
            var statuses = new ArrayList<Integer>();
            for (int i = 0; i < 100 && busy.requests() == 0; i++) {
                statuses.add(status(proxy));
            }
            // a fifth of the requests so far, if the busy one was not asked at once
            assertThat(statuses.getLast()).isEqualTo(statuses.size() < 5 ? 503 : 200);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void whereAllLookDeadTheyAreAskedAnyway() throws Exception {
        try (var first = new RawUpstream(RawUpstream.answering(200, "{}"));
                var second = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(first.spec("a"), second.spec("b"))) {
            health(proxy, 0).connectFailed();
            health(proxy, 1).connectFailed();
            assertThat(status(proxy)).isEqualTo(200);
            proxy.assertNothingHeld();
        }
    }
}
