package io.kvasir.scrape;

import static io.kvasir.testing.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Ejection;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.ServedModel;
import io.kvasir.scrape.ScriptedServer.Answer;
import io.kvasir.scrape.ScriptedServer.Then;
import io.kvasir.testing.Loops;
import io.kvasir.testing.ReservedPorts;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScraperTest {
    private static final String PAGE = new String(RecordedPages.vllm(), StandardCharsets.UTF_8);
    private static final String MODELS = new String(RecordedPages.models(), StandardCharsets.UTF_8)
            .transform(text -> text.substring(text.indexOf('{')));
    private static final ScrapeSettings OFTEN = settings(5, 5, 10_000);
    private static final ScrapeSettings SELDOM = settings(5, 300_000, 10_000);
    private static final EventLoopGroup GROUP = Loops.of(2);

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private Scraper scraper = new Scraper(GROUP, 1, OFTEN, System::nanoTime);

    @AfterAll
    static void stopLoops() {
        var _ = GROUP.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    @AfterEach
    void stopScraper() {
        scraper.close();
    }

    /** Intervals as given; everything else so that only what a test is about happens soon. */
    private static ScrapeSettings settings(int activeMillis, int idleMillis, int timeoutMillis) {
        return ScrapeSettings.builder()
                .activeInterval(Duration.ofMillis(activeMillis))
                .idleInterval(Duration.ofMillis(idleMillis))
                .refreshAge(Duration.ofMillis(5))
                .healthInterval(Duration.ofMillis(100))
                .modelsInterval(Duration.ofSeconds(1))
                .timeout(Duration.ofMillis(timeoutMillis))
                .connectTimeout(Duration.ofSeconds(10))
                .maxBackoff(Duration.ofMillis(100))
                .maxPageBytes(1 << 20)
                .build();
    }

    private Endpoint start(ScrapeSettings settings, EndpointSpec spec) {
        scraper = new Scraper(GROUP, 2, settings, System::nanoTime);
        scraper.start(pool);
        pool.apply(List.of(spec));
        return endpoint();
    }

    private ScrapeCounts counts(Endpoint endpoint) {
        return Objects.requireNonNull(scraper.counts(endpoint));
    }

    private Endpoint endpoint() {
        return pool.snapshot().at(0);
    }

    /** An engine whose metrics page is answered so. */
    private static Function<String, Answer> engine(Function<String, Answer> page) {
        return path -> switch (path) {
            case "/metrics" -> page.apply(path);
            case "/health" -> Answer.ok("");
            case "/v1/models" -> Answer.ok(MODELS);
            default -> Answer.status(404);
        };
    }

    private static ScriptedServer server(Answer page) throws IOException {
        return new ScriptedServer(engine(_ -> page));
    }

    private static void assertRecordedPage(Endpoint endpoint) {
        var stats = endpoint.stats();
        assertThat(stats.running()).isZero();
        assertThat(stats.blockSize()).isEqualTo(32);
        assertThat(stats.kvBlocks()).isEqualTo(96);
        assertThat(stats.prefixQueries()).isEqualTo(4860);
        assertThat(stats.prefixHits()).isEqualTo(128);
    }

    @Test
    void aChangedDescriptionIsReadOnWithoutAPause() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            var before = start(OFTEN, server.spec());
            await(() -> before.stats().known());
            pool.apply(List.of(EndpointSpec.of(
                    "renamed", server.spec().address(), server.spec().port())));

            long pages = scraper.counts().pages();
            await(() -> scraper.counts().pages() > pages);
            assertThat(endpoint().spec().name()).isEqualTo("renamed");
            assertThat(endpoint().stats().known()).isTrue();
            assertThat(counts(endpoint())).isSameAs(scraper.counts(before));
        }
    }

    @Test
    void whoHadAnOrdinalBeforeIsNotToldOfWhoHasItNow() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            var old = start(OFTEN, server.spec());
            pool.apply(List.of());
            pool.apply(List.of(server.spec()));

            assertThat(endpoint().ordinal()).isEqualTo(old.ordinal());
            assertThat(scraper.counts(old)).isNull();
            assertThat(scraper.counts(endpoint())).isNotNull();
            scraper.refreshSoon(old);
            scraper.refreshModels(old);
        }
    }

    @Test
    void anEndpointIsToldItsStatsHealthAndModels() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            var endpoint = start(OFTEN, server.spec());
            await(() -> scraper.counts().pages() >= 10 && !endpoint.models().isEmpty());

            assertRecordedPage(endpoint);
            assertThat(endpoint.health().state()).isEqualTo(EndpointHealth.State.UP);
            assertThat(endpoint.models()).containsExactly(new ServedModel("tiny-qwen3", null, 2048));
            assertThat(server.accepted()).isEqualTo(1);
            assertThat(counts(endpoint).pages()).isGreaterThanOrEqualTo(10);
            assertThat(scraper.counts().bytes()).isGreaterThanOrEqualTo(10L * PAGE.length());
            assertThat(scraper.counts().waitNanos()).isPositive();
            assertThat(scraper.counts().readNanos()).isPositive();
        }
    }

    @Test
    void aPageMayComeInChunksCutAnywhere() throws IOException {
        var random = new SplittableRandom(5);
        try (var server = new ScriptedServer(engine(_ -> chunked(random)))) {
            var endpoint = start(OFTEN, server.spec());
            await(() -> scraper.counts().pages() >= 10);

            assertRecordedPage(endpoint);
            assertThat(server.accepted()).isEqualTo(1);
            assertThat(scraper.counts().bytes() % PAGE.length()).isZero();
        }
    }

    private static synchronized Answer chunked(SplittableRandom random) {
        var out = new ByteArrayOutputStream();
        out.writeBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] page = PAGE.getBytes(StandardCharsets.UTF_8);
        for (byte[] chunk : ScriptedServer.cut(page, cuts(random, page.length))) {
            if (chunk.length > 0) {
                out.writeBytes(
                        (Integer.toHexString(chunk.length) + ";x=\"1\"\r\n").getBytes(StandardCharsets.US_ASCII));
                out.writeBytes(chunk);
                out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
        out.writeBytes("0\r\nTrailer: 1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] all = out.toByteArray();
        return new Answer(ScriptedServer.cut(all, cuts(random, all.length)), Then.KEEP);
    }

    private static int[] cuts(SplittableRandom random, int length) {
        return random.ints(random.nextInt(8), 0, length).sorted().toArray();
    }

    @Test
    void aServerMayCloseAfterEachAnswer() throws IOException {
        var page = Answer.of("HTTP/1.0 200 OK\r\n\r\n" + PAGE).then(Then.CLOSE);
        try (var server = server(page)) {
            var endpoint = start(OFTEN, server.spec());
            await(() -> scraper.counts().pages() >= 5);

            assertRecordedPage(endpoint);
            assertThat(server.accepted()).isGreaterThanOrEqualTo(5);
            assertNoFailures();
        }
    }

    @Test
    void aConnectionClosedUnderAQuestionIsMadeAnewAndIsNoFailure() throws IOException {
        var answers = new AtomicInteger();
        // says nothing of closing, and hangs up as soon as the next question comes
        try (var server = new ScriptedServer(engine(
                _ -> answers.incrementAndGet() % 2 == 0 ? new Answer(List.of(), Then.CLOSE) : Answer.ok(PAGE)))) {
            var endpoint = start(OFTEN, server.spec());
            await(() -> scraper.counts().pages() >= 5);

            assertRecordedPage(endpoint);
            assertNoFailures();
        }
    }

    private void assertNoFailures() {
        for (var why : ScrapeFailure.values()) {
            assertThat(scraper.counts().failures(why)).as(why.code()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CUT, 200 OK, content-length: 400, vllm:num_requests_running 7, CLOSE",
        "TIMEOUT, 200 OK, content-length: 400, vllm:num_requests_running 7, SAY_NO_MORE",
        "MALFORMED, 200 OK, content-length: 12, vllm:num_requests_running 7, KEEP",
        "TIMEOUT, 200 OK, transfer-encoding: chunked, 5\\r\\nvllm:, SAY_NO_MORE",
        "CUT, 200 OK, transfer-encoding: chunked, 5\\r\\nvllm:, CLOSE",
        "MALFORMED, 200 OK, transfer-encoding: chunked, vllm:num_requests_running 7\\r\\n, KEEP",
        "MALFORMED, 200 OK, content-length: -3, vllm:num_requests_running 7, KEEP",
        "TOO_LARGE, 200 OK, content-length: 99999999, vllm:num_requests_running 7, KEEP",
        "ENCODED, 200 OK, content-encoding: gzip, xxxx, CLOSE",
        "STATUS, 500 No, content-length: 27, vllm:num_requests_running 7, KEEP",
        "UNRECOGNISED, 200 OK, content-length: 13, <html></html>, KEEP",
        "MALFORMED, nonsense, a: b, c, KEEP",
    })
    void aBadPageIsCountedByReasonAndNeverBelieved(
            ScrapeFailure why, String status, String header, String body, Then then) throws IOException {
        String text = "HTTP/1.1 " + status + "\r\n" + header + "\r\n\r\n" + body.replace("\\r\\n", "\r\n");
        try (var server = server(Answer.of(text).then(then))) {
            var endpoint = start(settings(5, 5, 50), server.spec());
            await(() -> scraper.counts().failures(why) >= 2);

            assertThat(endpoint.stats().known()).isFalse();
            assertThat(counts(endpoint).pages()).isZero();

            server.script = engine(_ -> Answer.ok(PAGE));
            await(() -> endpoint.stats().known());
            assertRecordedPage(endpoint);
        }
    }

    @Test
    void aPageWithoutEndIsCutOffAtTheLimit() throws IOException {
        var endless = Answer.of("HTTP/1.1 200 OK\r\n\r\n" + PAGE.repeat(18));
        try (var server = server(endless)) {
            start(OFTEN, server.spec());
            await(() -> scraper.counts().failures(ScrapeFailure.TOO_LARGE) >= 1);

            assertThat(endpoint().stats().known()).isFalse();
        }
    }

    @Test
    void aServerThatNeverAnswersIsDownByItsProbes() throws IOException {
        try (var server = new ScriptedServer(_ -> new Answer(List.of(), Then.SAY_NO_MORE))) {
            var endpoint = start(settings(5, 5, 50), server.spec());
            await(() -> endpoint.health().state() == EndpointHealth.State.DOWN);

            var counts = counts(endpoint);
            assertThat(counts.failedProbes()
                            + counts.failures(ScrapeFailure.TIMEOUT)
                            + counts.failedModelLists(ScrapeFailure.TIMEOUT))
                    .isGreaterThanOrEqualTo(EndpointHealth.FAILED_PROBES_TO_EJECT);
            assertThat(scraper.counts().failures(ScrapeFailure.CONNECT)).isZero();
            assertThat(endpoint.health().standing(System.nanoTime())).isEqualTo(EndpointHealth.Standing.SILENT);
        }
    }

    @Test
    void aPageThatComesLateTakesNobodyDownWhileProbesAreAnswered() throws IOException {
        try (var server = new ScriptedServer(path -> path.equals("/metrics")
                ? new Answer(List.of(), Then.SAY_NO_MORE)
                : engine(_ -> Answer.status(500)).apply(path))) {
            var endpoint = start(settings(5, 5, 300), server.spec());
            await(() -> counts(endpoint).failures(ScrapeFailure.TIMEOUT) >= 4);

            assertThat(endpoint.health().ejections(Ejection.SILENT)).isZero();
        }
    }

    @Test
    void aServerThatSaysItIsNotWellIsDownThoughItsPageIsGood() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            server.script = path -> path.equals("/health")
                    ? Answer.status(503)
                    : engine(_ -> Answer.ok(PAGE)).apply(path);
            var endpoint = start(OFTEN, server.spec());
            await(() -> endpoint.health().state() == EndpointHealth.State.DOWN
                    && endpoint.stats().known());

            server.script = engine(_ -> Answer.ok(PAGE));
            await(() -> endpoint.health().state() == EndpointHealth.State.UP);
        }
    }

    @Test
    void aFailedPageAloneTakesNobodyDown() throws IOException {
        try (var server = server(Answer.status(500))) {
            var endpoint = start(OFTEN, server.spec());
            await(() -> scraper.counts().failures(ScrapeFailure.STATUS) >= 5);

            assertThat(endpoint.health().state()).isEqualTo(EndpointHealth.State.UP);
        }
    }

    @Test
    void aServerThatDiesIsDownAndComesBackWithItsModels() throws IOException {
        int port = ReservedPorts.next();
        Endpoint endpoint;
        try (var server = new ScriptedServer(port, engine(_ -> Answer.ok(PAGE)))) {
            endpoint = start(OFTEN, server.spec());
            await(() -> endpoint().stats().known() && !endpoint().models().isEmpty());
        }
        await(() -> endpoint.health().standing(System.nanoTime()) == EndpointHealth.Standing.REFUSED);
        var last = endpoint.stats();
        assertThat(scraper.counts().failures(ScrapeFailure.CONNECT)).isPositive();
        assertThat(last.known()).isTrue();

        var other = Answer.ok("{\"object\":\"list\",\"data\":[{\"id\":\"new\",\"parent\":null,\"max_model_len\":9}]}");
        try (var _ = new ScriptedServer(
                port,
                path -> path.equals("/v1/models")
                        ? other
                        : engine(_ -> Answer.ok(PAGE)).apply(path))) {
            await(() -> endpoint.health().state() == EndpointHealth.State.UP);
            await(() -> endpoint.models().equals(List.of(new ServedModel("new", null, 9))));
            await(() -> endpoint.stats().takenNanos() - last.takenNanos() > 0);
        }
    }

    @Test
    void anIdleEndpointIsReadAgainWhenSomebodyWantsToPreferIt() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            var endpoint = start(SELDOM, server.spec());
            await(() -> endpoint.stats().known());
            var first = endpoint.stats();

            await(() -> {
                scraper.refreshSoon(endpoint);
                return !endpoint.stats().equals(first);
            });

            assertThat(counts(endpoint).refreshed()).isPositive();
            assertThat(endpoint.stats().takenNanos()).isGreaterThan(first.takenNanos());
        }
    }

    @Test
    void anEndpointWithRequestsInFlightIsReadOften() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            var endpoint = start(SELDOM, server.spec());
            await(() -> scraper.counts().pages() == 1);

            endpoint.load().place(10, 10);

            await(() -> scraper.counts().pages() >= 10);
            assertThat(scraper.counts().refreshed()).isZero();
        }
    }

    @Test
    void anEngineThatSaysItWorksIsReadOften() throws IOException {
        try (var server = server(Answer.ok("vllm:num_requests_waiting 1\n"))) {
            var endpoint = start(SELDOM, server.spec());

            await(() -> scraper.counts().pages() >= 10);

            assertThat(endpoint.stats().waiting()).isEqualTo(1);
            assertThat(endpoint.stats().running()).isEqualTo(-1);
        }
    }

    @Test
    void modelsAreReadAgainWhenTheEngineFallsAsleep() throws IOException {
        String state = "vllm:engine_sleep_state{sleep_state=\"awake\"} ";
        try (var server = server(Answer.ok(state + "1\n"))) {
            var endpoint = start(OFTEN, server.spec());
            await(() -> server.asked("/v1/models") >= 1 && endpoint.stats().known());
            assertThat(endpoint.stats().asleep()).isFalse();

            server.script = path -> switch (path) {
                case "/metrics" -> Answer.ok(state + "0\n");
                case "/v1/models" -> Answer.ok("{\"data\":[]}");
                default -> Answer.ok("");
            };

            await(() -> endpoint.stats().asleep() && endpoint.models().isEmpty());
        }
    }

    @Test
    void metricsMayHaveAPortOfTheirOwn() throws IOException {
        try (var api = server(Answer.status(404));
                var metrics = new ScriptedServer(_ -> Answer.ok(PAGE))) {
            var spec = api.spec();
            start(
                    OFTEN,
                    EndpointSpec.builder(spec.name(), spec.address(), spec.port())
                            .labels(spec.labels())
                            .role(spec.role())
                            .engine(spec.engine())
                            .metricsPort(metrics.port())
                            .build());
            await(() -> endpoint().stats().known() && !endpoint().models().isEmpty());

            assertThat(api.asked("/metrics")).isZero();
            assertThat(metrics.asked).containsOnly("/metrics");
        }
    }

    @Test
    void hostNamesAreResolved() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            start(OFTEN, EndpointSpec.of("a", "localhost", server.port()));

            await(() -> endpoint().stats().known());
        }
    }

    @Test
    void aNameThatDoesNotResolveIsAFailedConnection() {
        var endpoint = start(OFTEN, EndpointSpec.of("a", "no-such-host.invalid", 1));

        await(() -> endpoint.health().state() == EndpointHealth.State.DOWN);

        assertThat(scraper.counts().failures(ScrapeFailure.CONNECT)
                        + scraper.counts().failedProbes())
                .isPositive();
    }

    @Test
    void anEndpointThatLeavesIsNoLongerRead() throws IOException {
        try (var server = server(Answer.ok(PAGE));
                var other = server(Answer.ok("vllm:num_requests_running 3\n"))) {
            var gone = start(OFTEN, server.spec());
            await(() -> gone.stats().known());

            pool.apply(List.of(other.spec()));

            await(() -> server.open() == 0 && endpoint().stats().running() == 3);
            assertThat(endpoint().ordinal()).isEqualTo(gone.ordinal());
            assertThat(gone.stats().running()).isZero();
            scraper.refreshSoon(gone);
        }
    }

    @Test
    void aChangedDescriptionKeepsTheConnection() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            var before = start(OFTEN, server.spec());
            await(() -> before.stats().known() && !before.models().isEmpty());

            pool.apply(List.of(EndpointSpec.of(
                    "renamed", server.spec().address(), server.spec().port())));

            var after = endpoint();
            assertThat(after).isNotSameAs(before);
            var then = before.stats();
            await(() -> after.stats().takenNanos() - then.takenNanos() > 0);
            assertThat(after.models()).hasSize(1);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aChangedEngineIsReadByItsOwnNames() throws IOException {
        try (var server = server(Answer.ok("vllm:num_requests_running 3\nsglang:num_running_reqs 4\n"))) {
            start(OFTEN, server.spec());
            await(() -> endpoint().stats().running() == 3);
            var spec = server.spec();

            pool.apply(List.of(EndpointSpec.builder(spec.name(), spec.address(), spec.port())
                    .labels(spec.labels())
                    .role(spec.role())
                    .engine(EngineKind.SGLANG)
                    .build()));

            await(() -> endpoint().stats().running() == 4);
        }
    }

    @Test
    void closingEndsAllConnections() throws IOException {
        try (var server = server(Answer.ok(PAGE))) {
            start(OFTEN, server.spec());
            await(() -> scraper.counts().pages() >= 1);

            scraper.close();

            await(() -> server.open() == 0);
            int accepted = server.accepted();
            pool.apply(List.of());
            pool.apply(List.of(server.spec()));
            assertThat(server.accepted()).isEqualTo(accepted);
        }
    }

    @Test
    void manyEndpointsAreReadSideBySide() throws IOException {
        try (var server = server(Answer.ok(PAGE));
                var dead = server(new Answer(List.of(), Then.SAY_NO_MORE))) {
            start(OFTEN, server.spec());
            pool.apply(List.of(server.spec(), dead.spec(), EndpointSpec.of("refused", "127.0.0.1", 1)));

            await(() -> scraper.counts().pages() >= 50);

            assertThat(pool.snapshot().endpoints())
                    .filteredOn(e -> e.stats().known())
                    .extracting(e -> e.spec().port())
                    .containsExactly(server.port());
        }
    }
}
