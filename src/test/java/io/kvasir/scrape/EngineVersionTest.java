package io.kvasir.scrape;

import static io.kvasir.testing.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.clock.ScaledClock;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EngineKind;
import io.kvasir.scrape.ScriptedServer.Answer;
import io.kvasir.scrape.ScriptedServer.Then;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known of the version that an engine is. */
class EngineVersionTest {

    private final EngineVersion version = new EngineVersion();
    private final ReadPool read = new ReadPool();

    @AfterEach
    void stopReading() {
        read.close();
    }

    private Endpoint start(ScriptedServer server, int modelsSeconds) {
        var settings = ScrapeSettings.builder()
                .activeInterval(Duration.ofMillis(5))
                .idleInterval(Duration.ofMillis(5))
                .healthInterval(Duration.ofMillis(200))
                .modelsInterval(Duration.ofSeconds(modelsSeconds))
                .timeout(Duration.ofMillis(500))
                .connectTimeout(Duration.ofSeconds(10))
                .maxBackoff(Duration.ofMillis(100))
                .build();
        return read.start(settings, EngineAccess.DEFAULT, ScaledClock.of(System::nanoTime, 10), server.spec());
    }

    private long failures(ScrapeFailure why) {
        return read.scraper().counts().failedVersions(why);
    }

    private static Function<String, Answer> engine(Answer version) {
        return path -> switch (path) {
            case "/metrics" -> Answer.ok("vllm:num_requests_running 0\n");
            case "/v1/models" -> Answer.ok("{\"data\":[]}");
            case "/version" -> version;
            default -> Answer.ok("");
        };
    }

    private static Answer tells(String version) {
        return Answer.ok("{\"version\":\"" + version + "\"}");
    }

    private @Nullable String read(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        version.begin();
        for (int i = 0; i < bytes.length; i++) {
            version.add(bytes, i, 1);
        }
        return version.read();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"version\":\"0.11.1\"}",
                "{\"name\":\"triton\",\"version\":\"0.11.1\",\"extensions\":[\"a\",{\"version\":\"9\"}]}",
                "{\"states\":[{\"version\":\"9\"}],\"version\":\"9\",\"x\":{\"version\":null},\"version\":\"0.11.1\"}"
            })
    void theMemberOfTheAnswerItselfTellsIt(String answer) {
        assertThat(read(answer)).isEqualTo("0.11.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "0.11.1",
                "[\"version\"]",
                "{\"version\":7}",
                "{\"version\":null}",
                "{\"version\":\"1\",\"version\":[\"2\"]}",
                "{\"version\":\"\"}",
                "{\"version\":\"a b\"}",
                "{\"version\":\"1\\n2\"}",
                "{\"version\":\"1\"",
                "{\"version\":\"12345678901234567890123456789012345678901234567890123456789012345\"}"
            })
    void whatCannotBeAVersionIsNone(String answer) {
        assertThat(read(answer)).isNull();
    }

    @Test
    void noMoreVersionsAreToldApartThanTheBound() {
        var known = new KnownVersions();
        for (int i = 0; i < KnownVersions.MOST; i++) {
            assertThat(known.same("0." + i)).isNotNull();
        }

        assertThat(known.same("one-more")).isNull();
        assertThat(known.same("0.7")).isEqualTo("0.7");
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void everyEngineHasAPlaceThatTellsIt(EngineKind engine) {
        assertThat(EngineMetrics.of(engine).versionPath()).isNotNull();
    }

    @Test
    void aReplicaThatComesBackAsAnotherVersionIsKnownAsThat() throws IOException {
        int port = ReservedPorts.next();
        Endpoint endpoint;
        try (var server = new ScriptedServer(port, engine(tells("0.10.0")))) {
            endpoint = start(server, 300);
            await(() -> "0.10.0".equals(endpoint.engineVersion()));
        }
        await(() -> endpoint.health().state() == EndpointHealth.State.DOWN);
        assertThat(endpoint.engineVersion()).isEqualTo("0.10.0");

        try (var _ = new ScriptedServer(port, engine(tells("0.11.0")))) {
            await(() -> "0.11.0".equals(endpoint.engineVersion()));
        }
    }

    @Test
    void aVersionThatChangesUnnoticedIsReadWithTheListOfModels() throws IOException {
        try (var server = new ScriptedServer(engine(tells("0.10.0")))) {
            var endpoint = start(server, 1);
            await(() -> "0.10.0".equals(endpoint.engineVersion()));

            server.script = engine(tells("0.11.0"));
            await(() -> "0.11.0".equals(endpoint.engineVersion()));

            server.script = engine(Answer.status(404));
            await(() -> endpoint.engineVersion() == null && failures(ScrapeFailure.STATUS) > 0);

            server.script = engine(Answer.ok("{\"version\":{}}"));
            await(() -> failures(ScrapeFailure.UNRECOGNISED) > 0
                    && endpoint.health().state() == EndpointHealth.State.UP);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void aServerThatIsBusyIsStillTheVersionThatItToldBefore(int status) throws IOException {
        try (var server = new ScriptedServer(engine(tells("0.10.0")))) {
            var endpoint = start(server, 1);
            await(() -> "0.10.0".equals(endpoint.engineVersion()));

            server.script = engine(Answer.status(status));
            await(() -> failures(ScrapeFailure.STATUS) > 1);

            assertThat(endpoint.engineVersion()).isEqualTo("0.10.0");
        }
    }

    @Test
    void anEngineThatKeepsSilentAboutItIsAskedOnceAndStaysUp() throws IOException {
        try (var server = new ScriptedServer(engine(new Answer(List.of(), Then.SAY_NO_MORE)))) {
            var endpoint = start(server, 1);
            await(() -> failures(ScrapeFailure.TIMEOUT) > 0);

            long lists = server.asked("/v1/models");
            await(() -> server.asked("/v1/models") > lists + 3);

            assertThat(server.asked("/version")).isEqualTo(1);
            assertThat(endpoint.health().state()).isEqualTo(EndpointHealth.State.UP);
        }
    }
}
