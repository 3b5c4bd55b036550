package io.kvasir.scrape;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.scrape.EngineAccess.Scheme;
import io.kvasir.scrape.ScriptedServer.Answer;
import io.kvasir.testing.Loops;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Pages that are not where an engine's kind has them. */
class EngineAccessTest {
    private static final EventLoopGroup GROUP = Loops.of(1);
    private static final String PAGE = "vllm:num_requests_running 7\n" + "vllm:unread 1\n".repeat(20_000);

    private final Pool pool = new Pool(HardwareCatalogue.load());

    @AfterAll
    static void stopLoops() {
        var _ = GROUP.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    private Scraper start(EngineAccess access, EndpointSpec spec) {
        var scraper = new Scraper(GROUP, 1, ScrapeSettings.fixed(Duration.ofMillis(10)), access, System::nanoTime);
        scraper.start(pool);
        pool.apply(List.of(spec));
        return scraper;
    }

    private static EngineAccess at(Scheme scheme) {
        return new EngineAccess(null, 0, scheme, MetricSources.SHIPPED);
    }

    private static Answer engine(String path) {
        return path.equals("/metrics") ? Answer.ok(PAGE) : Answer.status(404);
    }

    private void awaitRunning() {
        await().until(() -> pool.snapshot().at(0).stats().running() == 7);
    }

    @Test
    void aPageIsReadOverTlsWhoeverSignedTheCertificate() throws IOException, GeneralSecurityException {
        try (var server = ScriptedServer.tls(EngineAccessTest::engine);
                var scraper = start(at(Scheme.HTTPS_UNVERIFIED), server.spec())) {
            awaitRunning();
            await().until(() -> scraper.counts().pages() >= 10);

            assertThat(pool.snapshot().at(0).health().state()).isEqualTo(EndpointHealth.State.UP);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aCertificateThatNobodyTrustsIsRefusedWhereThatIsAsked() throws IOException, GeneralSecurityException {
        try (var server = ScriptedServer.tls(EngineAccessTest::engine);
                var scraper = start(at(Scheme.HTTPS), server.spec())) {
            await().until(() -> scraper.counts().failures(ScrapeFailure.TLS) >= 2);

            assertThat(pool.snapshot().at(0).stats().known()).isFalse();
            assertThat(server.asked).isEmpty();
        }
    }

    @Test
    void anEngineInPlaintextIsCountedAsNoTls() throws IOException {
        try (var plaintext = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> complainToEverybody(plaintext));
            var spec = EndpointSpec.of("e", "127.0.0.1", plaintext.getLocalPort());
            try (var scraper = start(at(Scheme.HTTPS_UNVERIFIED), spec)) {
                await().until(() -> scraper.counts().failures(ScrapeFailure.TLS) >= 2);

                assertThat(pool.snapshot().at(0).stats().known()).isFalse();
            }
        }
    }

    private static void complainToEverybody(ServerSocket server) {
        try {
            while (true) {
                server.accept().getOutputStream().write("HTTP/1.1 400 Bad\r\n\r\n".getBytes(US_ASCII));
            }
        } catch (IOException e) {
            // closed
        }
    }

    @Test
    void onlyThePortOfThePageSpeaksTls() throws IOException, GeneralSecurityException {
        try (var api = new ScriptedServer(path -> path.equals("/health") ? Answer.ok("") : Answer.status(404));
                var metrics = ScriptedServer.tls(EngineAccessTest::engine);
                var _ = start(
                        new EngineAccess(null, metrics.port(), Scheme.HTTPS_UNVERIFIED, MetricSources.SHIPPED),
                        api.spec())) {
            awaitRunning();
            await().until(() -> pool.snapshot().at(0).health().state() == EndpointHealth.State.UP);

            assertThat(api.asked).doesNotContain("/metrics").contains("/health");
            assertThat(metrics.asked).containsOnly("/metrics");
        }
    }

    @Test
    void anotherPathIsAskedFor() throws IOException {
        try (var server = new ScriptedServer(path -> path.equals("/other") ? Answer.ok(PAGE) : Answer.status(404));
                var _ = start(new EngineAccess("/other", 0, Scheme.HTTP, MetricSources.SHIPPED), server.spec())) {
            awaitRunning();
        }
    }
}
