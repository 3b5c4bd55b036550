package io.kvasir.scrape;

import static io.kvasir.testing.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.Pool;
import io.kvasir.scrape.ScriptedServer.Answer;
import io.kvasir.scrape.ScriptedServer.Then;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Engines that do not let themselves be read as the common one does. */
class ReadabilityTest {
    private static final String PAGE = new String(RecordedPages.vllm(), StandardCharsets.UTF_8);
    private static final String MODELS = "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"max_model_len\":9}]}";
    private static final ScrapeSettings OFTEN = ScrapeSettings.builder()
            .activeInterval(Duration.ofMillis(5))
            .idleInterval(Duration.ofMillis(5))
            .refreshAge(Duration.ofMillis(5))
            .healthInterval(Duration.ofMillis(100))
            .modelsInterval(Duration.ofMinutes(5))
            .timeout(Duration.ofSeconds(10))
            .connectTimeout(Duration.ofSeconds(10))
            .maxBackoff(Duration.ofMillis(100))
            .maxPageBytes(1 << 20)
            .build();

    private final ReadPool read = new ReadPool();
    private final Pool pool = read.pool;

    @AfterEach
    void stopReading() {
        read.close();
    }

    private Endpoint start(EngineAccess access, EndpointSpec spec) {
        return read.start(OFTEN, access, System::nanoTime, spec);
    }

    private static Function<String, Answer> engine(Answer health, Answer page, Answer models) {
        return path -> switch (path) {
            case "/metrics" -> page;
            case "/health" -> health;
            default -> models;
        };
    }

    @Test
    void aListThatDemandsAKeyIsUnreadableForThatReasonUntilItIsGiven() throws IOException {
        try (var server = new ScriptedServer(engine(Answer.ok(""), Answer.ok(PAGE), Answer.status(401)))) {
            var endpoint = start(EngineAccess.DEFAULT, server.spec());
            await(() -> endpoint.knowledge().problem() != null);

            assertThat(endpoint.knowledge().problem()).isEqualTo("unauthorized");
            assertThat(endpoint.health().state()).isEqualTo(EndpointHealth.State.UP);
            assertThat(server.heads).noneMatch(head -> head.contains("Authorization"));

            server.script = engine(Answer.ok(""), Answer.ok(PAGE), Answer.ok(MODELS));
            pool.apply(
                    List.of(server.spec().toBuilder().apiKey(new ApiKey("k-1")).build()));
            await(() -> pool.snapshot().at(0).knowledge().state().equals("read"));
            assertThat(server.heads).anyMatch(head -> head.contains("\r\nAuthorization: Bearer k-1\r\n"));
        }
    }

    @Test
    void theKeyOfAllEnginesGoesToThoseThatHaveNoneOfTheirOwn() throws IOException {
        try (var server = new ScriptedServer(engine(Answer.ok(""), Answer.ok(PAGE), Answer.ok(MODELS)))) {
            start(
                    new EngineAccess(null, 0, EngineAccess.Scheme.HTTP, MetricSources.SHIPPED, new ApiKey("all")),
                    server.spec());
            await(() -> server.asked("/v1/models") > 0 && server.asked("/metrics") > 0);

            assertThat(server.heads).allMatch(head -> head.contains("\r\nAuthorization: Bearer all\r\n"));
        }
    }

    @Test
    void aListOfSeveralMegabytesIsRead() throws IOException {
        var text = new StringBuilder("{\"data\":[");
        for (int i = 0; i < 3000; i++) {
            text.append(i == 0 ? "" : ",").append("{\"id\":\"m").append(i).append("\",\"root\":\"");
            text.repeat('x', 1000).append("\"}");
        }
        try (var server = new ScriptedServer(engine(
                Answer.ok(""), Answer.ok(PAGE), Answer.ok(text.append("]}").toString())))) {
            var endpoint = start(EngineAccess.DEFAULT, server.spec());
            await(() -> endpoint.models().size() == 3000);

            assertThat(endpoint.knowledge().problem()).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({"200", "302", "400", "401", "403", "404", "405", "429", "501"})
    void whoeverAnswersAProbeWithoutComplainingOfItselfLives(int status) throws IOException {
        try (var server =
                new ScriptedServer(engine(Answer.status(status), Answer.status(status), Answer.status(status)))) {
            var endpoint = start(EngineAccess.DEFAULT, server.spec());
            await(() -> server.asked("/health") >= 4);

            assertThat(endpoint.health().state()).isEqualTo(EndpointHealth.State.UP);
        }
    }

    @Test
    void aPageThatCannotBeReadSaysWhyUntilItCan() throws IOException {
        try (var server = new ScriptedServer(engine(Answer.ok(""), Answer.status(403), Answer.ok(MODELS)))) {
            var endpoint = start(EngineAccess.DEFAULT, server.spec());
            await(() -> endpoint.pageProblem() != null);
            assertThat(endpoint.pageProblem()).isEqualTo("unauthorized");

            server.script = engine(Answer.ok(""), Answer.ok(PAGE), Answer.ok(MODELS));
            await(() -> endpoint.pageProblem() == null);
        }
    }

    @Test
    void listsAreReadAnewWhenSomebodyAsksButNotTwiceASecond() throws Exception {
        try (var server = new ScriptedServer(engine(Answer.ok(""), Answer.ok(PAGE), Answer.ok(MODELS)))) {
            var endpoint = start(EngineAccess.DEFAULT, server.spec());
            await(() -> !endpoint.models().isEmpty());
            server.script =
                    engine(Answer.ok(""), Answer.ok(PAGE), Answer.ok("{\"data\":[{\"id\":\"m\"},{\"id\":\"lora\"}]}"));
            var done = new CountDownLatch(1);
            var made = read.scraper();

            assertThat(made.refreshModels(done::countDown)).isTrue();

            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
            await(() -> endpoint.models().size() == 2);
            made.refreshModels(() -> {});
            long asked = server.asked("/v1/models");
            assertThat(asked).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void whoWaitsForListsOfEnginesThatDoNotAnswerIsNotKept() throws Exception {
        try (var server = new ScriptedServer(engine(Answer.ok(""), Answer.ok(PAGE), Answer.ok(MODELS)))) {
            var endpoint = start(EngineAccess.DEFAULT, server.spec());
            await(() -> !endpoint.models().isEmpty());
            server.script = engine(Answer.ok(""), Answer.ok(PAGE), new Answer(List.of(), Then.SAY_NO_MORE));
            var done = new CountDownLatch(2);
            var made = read.scraper();

            assertThat(made.refreshModels(done::countDown)).isTrue();
            assertThat(made.refreshModels(done::countDown))
                    .as("joins the one under way")
                    .isTrue();

            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void answer(HttpServerRequest request) {
        String body = switch (Objects.requireNonNull(request.path())) {
            case "/metrics" -> PAGE;
            case "/v1/models" -> MODELS;
            default -> "";
        };
        request.response().end(body);
    }

    @Test
    void anEngineDescribedAsH2cIsProbedAndReadByHttp2() {
        try (var engine = new H2cEngine(ReadabilityTest::answer)) {
            var endpoint = start(
                    EngineAccess.DEFAULT,
                    engine.spec("a").toBuilder()
                            .protocol(EngineProtocol.H2C)
                            .apiKey(new ApiKey("k"))
                            .build());
            var made = read.scraper();
            await(() -> made.counts().pages() >= 5 && !endpoint.models().isEmpty());

            assertThat(endpoint.health().state()).isEqualTo(EndpointHealth.State.UP);
            assertThat(endpoint.stats().kvBlocks()).isEqualTo(96);
            assertThat(made.counts().connections()).isEqualTo(1);
            assertThat(engine.asked).contains("/health Bearer k", "/metrics Bearer k", "/v1/models Bearer k");
        }
    }

    @Test
    void anEngineThatAnswersHttp1With400IsFoundToSpeakH2c() {
        try (var engine = new H2cEngine(ReadabilityTest::answer)) {
            var endpoint = start(EngineAccess.DEFAULT, engine.spec("a"));
            await(() -> endpoint.stats().known() && !endpoint.models().isEmpty());

            assertThat(endpoint.protocol()).isEqualTo(EngineProtocol.H2C);
            assertThat(endpoint.health().routable()).isTrue();
        }
    }

    @Test
    void anEngineThatIsWronglyDescribedAsH2cIsReadByHttp1() throws IOException {
        try (var server = new ScriptedServer(engine(Answer.ok(""), Answer.ok(PAGE), Answer.ok(MODELS)))) {
            // as servers do that take the preface for a request
            var endpoint = start(
                    EngineAccess.DEFAULT,
                    server.spec().toBuilder().protocol(EngineProtocol.H2C).build());

            await(() -> endpoint.protocol() == EngineProtocol.HTTP
                    && !endpoint.models().isEmpty());
        }
    }

    @Test
    void anH2cEngineThatIsNotWellIsDown() {
        try (var engine =
                new H2cEngine(request -> request.response().setStatusCode(503).end())) {
            var endpoint = start(
                    EngineAccess.DEFAULT,
                    engine.spec("a").toBuilder().protocol(EngineProtocol.H2C).build());

            await(() -> endpoint.health().state() == EndpointHealth.State.DOWN);
        }
    }
}
