package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.clock.ScaledClock;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.testing.Await;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What ends the wait for the first byte of an answer. The router's clock moves when the test says so. */
class FirstByteWaitTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";
    private static final ProxySettings SETTINGS = ProxyFixture.SETTINGS.toBuilder()
            .waits(new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofMillis(100), Duration.ofSeconds(300)))
            .build();

    private final AtomicLong clock = new AtomicLong(1_000_000_000);

    /** Takes requests and says nothing, but streams where that is asked for. */
    private static RawUpstream wedged() throws Exception {
        return new RawUpstream(peer -> {
            if (peer.read().text().contains("stream")) {
                peer.beginStream();
                peer.chunk("data: {}\n\n");
            }
            peer.awaitGone();
        });
    }

    private static long ended(ProxyFixture proxy, String reason) {
        var counts = new LinkedHashMap<String, Long>();
        proxy.counts().waitsEnded(counts::put);
        return counts.getOrDefault(reason, -1L);
    }

    private void pass(ProxyFixture proxy, Duration time) {
        proxy.awaitSweeps(2);
        clock.addAndGet(time.toNanos());
        proxy.awaitSweeps(2);
    }

    private ProxyFixture proxy(RawUpstream engine) throws Exception {
        return new ProxyFixture(SETTINGS.withEventLoops(1), clock::get, List.of(engine.spec("a")));
    }

    private static EndpointHealth health(ProxyFixture proxy) {
        return proxy.pool.snapshot().at(0).health();
    }

    private static void silence(ProxyFixture proxy) {
        for (int i = 0; i < EndpointHealth.FAILED_PROBES_TO_EJECT; i++) {
            health(proxy).probeFailed();
        }
    }

    @Test
    void aLivingEngineMayComputeForAsLongAsItNeeds() throws Exception {
        try (var engine = wedged();
                var proxy = proxy(engine);
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            pass(proxy, Duration.ofHours(2));
            assertThat(proxy.counts().inFlight()).isEqualTo(1);
        }
    }

    @Test
    void anEngineThatRefusesConnectionsIsNotWaitedFor() throws Exception {
        try (var engine = wedged();
                var proxy = proxy(engine);
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            health(proxy).connectFailed();
            pass(proxy, Duration.ofSeconds(4));
            assertThat(proxy.counts().inFlight()).isEqualTo(1);

            pass(proxy, Duration.ofSeconds(2));
            assertThat(client.answer().status()).isEqualTo(502);
            assertThat(ended(proxy, "refused")).isEqualTo(1);
            assertThat(engine.requests()).as("not sent again").isZero();
            proxy.assertNothingHeld();
            Await.until("the engine is told", () -> engine.peers().getFirst().gone);
        }
    }

    @Test
    void anEngineThatIsSilentToProbesIsWaitedForAWhile() throws Exception {
        try (var engine = wedged();
                var proxy = proxy(engine);
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            silence(proxy);
            pass(proxy, Duration.ofSeconds(29));
            health(proxy).probePassed();
            pass(proxy, Duration.ofSeconds(29));
            assertThat(proxy.counts().inFlight()).as("it was busy").isEqualTo(1);

            silence(proxy);
            pass(proxy, Duration.ofSeconds(29));
            health(proxy).heard(clock.get());
            pass(proxy, Duration.ofSeconds(29));
            assertThat(proxy.counts().inFlight()).as("it was heard of").isEqualTo(1);

            pass(proxy, Duration.ofSeconds(2));
            assertThat(client.answer().status()).isEqualTo(504);
            assertThat(ended(proxy, "silent")).isEqualTo(1);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineThatDrainsGoesOnWithWhatItHas() throws Exception {
        var chunks = new LinkedBlockingQueue<Boolean>();
        try (var engine = new RawUpstream(peer -> {
                    if (peer.read().text().contains("stream")) {
                        peer.beginStream();
                        while (chunks.take()) {
                            peer.chunk("data: {}\n\n");
                        }
                    }
                    peer.awaitGone();
                });
                var proxy = proxy(engine);
                var client = proxy.client();
                var other = proxy.client()) {
            client.post(CHAT, BODY);
            other.post(CHAT, "{\"model\":\"m\",\"stream\":true}").head();
            engine.next();
            engine.next();
            health(proxy).connectFailed();
            for (int i = 0; i < 5; i++) {
                chunks.add(true);
                other.chunk();
                pass(proxy, Duration.ofSeconds(4));
            }
            assertThat(ended(proxy, "refused")).isZero();
            chunks.add(false);
        }
    }

    @Test
    void anEngineThatLeftThePoolHasItsGraceTime() throws Exception {
        try (var engine = wedged();
                var proxy = proxy(engine);
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            proxy.pool.apply(List.of());
            pass(proxy, Duration.ofSeconds(29));
            assertThat(proxy.counts().inFlight()).isEqualTo(1);

            pass(proxy, Duration.ofSeconds(2));
            assertThat(client.answer().status()).isEqualTo(502);
            assertThat(ended(proxy, "left")).isEqualTo(1);
        }
    }

    @Test
    void aChangedDescriptionIsNoLeaving() throws Exception {
        try (var engine = wedged();
                var proxy = proxy(engine);
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            proxy.pool.apply(List.of(engine.spec("renamed")));
            pass(proxy, Duration.ofHours(1));
            assertThat(proxy.counts().inFlight()).isEqualTo(1);
        }
    }

    @Test
    void theOperatorsBoundIsRealTimeHoweverFastEnginesRun() throws Exception {
        var settings = SETTINGS.toBuilder()
                .eventLoops(1)
                .waits(SETTINGS.waits().withFirstByte(Duration.ofSeconds(60)))
                .build();
        try (var engine = wedged();
                var proxy = new ProxyFixture(settings, ScaledClock.of(clock::get, 10), List.of(engine.spec("a")));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            pass(proxy, Duration.ofSeconds(59));
            assertThat(proxy.counts().inFlight()).isEqualTo(1);

            pass(proxy, Duration.ofSeconds(2));
            assertThat(client.answer().status()).isEqualTo(504);
        }
    }

    @Test
    void patienceWithDeadEnginesIsRealTimeToo() throws Exception {
        try (var engine = wedged();
                var proxy = new ProxyFixture(
                        SETTINGS.withEventLoops(1), ScaledClock.of(clock::get, 10), List.of(engine.spec("a")));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            health(proxy).connectFailed();
            pass(proxy, Duration.ofSeconds(4));
            assertThat(proxy.counts().inFlight()).isEqualTo(1);

            pass(proxy, Duration.ofSeconds(2));
            assertThat(client.answer().status()).isEqualTo(502);
            assertThat(ended(proxy, "refused")).isEqualTo(1);
        }
    }

    @Test
    void anOperatorMayBoundTheWait() throws Exception {
        var settings = SETTINGS.toBuilder()
                .eventLoops(1)
                .waits(SETTINGS.waits().withFirstByte(Duration.ofSeconds(60)))
                .build();
        try (var engine = wedged();
                var proxy = new ProxyFixture(settings, clock::get, List.of(engine.spec("a")));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            engine.next();
            pass(proxy, Duration.ofSeconds(59));
            assertThat(proxy.counts().inFlight()).isEqualTo(1);

            pass(proxy, Duration.ofSeconds(2));
            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(504);
            assertThat(answer.body()).contains("gateway_timeout");
            assertThat(ended(proxy, "first-byte-timeout")).isEqualTo(1);
            proxy.assertNothingHeld();
        }
    }
}
