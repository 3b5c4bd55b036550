package io.kvasir.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.ToldEvents;
import io.kvasir.scrape.ScriptedServer.Answer;
import io.kvasir.scrape.ScriptedServer.Then;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an engine says of where it publishes its KV events. */
class EventSourcesTest {
    /** As vLLM 0.32 answers. */
    private static final String RECORDED = "{\"0\":{\"enable_kv_cache_events\":true,\"publisher\":\"zmq\","
            + "\"endpoint\":\"tcp://127.0.0.1:38819\",\"replay_endpoint\":\"tcp://127.0.0.1:36475\","
            + "\"buffer_steps\":10000,\"hwm\":100000,\"max_queue_size\":100000,\"topic\":\"kv\"}}";

    private static final ToldEvents READ = new ToldEvents(List.of(rank(0, "127.0.0.1", 38_819, 36_475, "kv")), null);

    private final EventSourceList list = new EventSourceList();
    private final ReadPool pool = new ReadPool();

    @AfterEach
    void stop() {
        pool.close();
    }

    private static ToldEvents.Rank rank(int rank, String host, int port, int replay, String topic) {
        return new ToldEvents.Rank(rank, new EventAddress(host, port, replay, topic, 1));
    }

    private @Nullable ToldEvents read(String answer) {
        byte[] bytes = answer.getBytes(UTF_8);
        list.begin();
        for (int i = 0; i < bytes.length; i++) {
            list.add(bytes, i, 1);
        }
        return list.read();
    }

    private static String source(String endpoint) {
        return "{\"0\":{\"publisher\":\"zmq\",\"endpoint\":\"" + endpoint + "\"}}";
    }

    @Test
    void theAnswerOfARealEngineIsRead() {
        assertThat(read(RECORDED)).isEqualTo(READ);
        // and again, with nothing left of the first
        assertThat(read("{}")).isEqualTo(ToldEvents.NONE);
    }

    @Test
    void eachRankHasAPlaceOfItsOwn() {
        assertThat(read(
                        "{\"1\":{\"endpoint\":\"tcp://10.0.0.2:5558\",\"topic\":\"\",\"new\":{\"endpoint\":\"tcp://x:1\"}},"
                                + "\"0\":{\"endpoint\":\"tcp://*:5557\",\"replay_endpoint\":\"tcp://*:5600\",\"other\":[{\"a\":1}]},"
                                + "\"more\":7,\"version\":{\"endpoint\":\"tcp://10.0.0.9:1\"}}"))
                .isEqualTo(
                        new ToldEvents(List.of(rank(0, "*", 5557, 5600, ""), rank(1, "10.0.0.2", 5558, 0, "")), null));
    }

    @Test
    void addressesMayBeObjectsAndTheRankAMember() {
        assertThat(read("{\"a\":{\"transport\":\"zmq\",\"endpoint_addr\":{\"host\":\"0.0.0.0\",\"port\":5557,"
                        + "\"protocol\":\"tcp\"},\"replay_endpoint\":{\"host\":\"::\",\"port\":5600},"
                        + "\"data_parallel_rank\":3,\"encoding\":\"msgpack\",\"schema_version\":1}}"))
                .isEqualTo(new ToldEvents(List.of(rank(3, "*", 5557, 5600, "")), null));
    }

    @ParameterizedTest
    @CsvSource({
        "tcp://*:5557, *",
        "tcp://0.0.0.0:5557, *",
        "tcp://[::]:5557, *",
        "tcp://:5557, *",
        "tcp://:::5557, *",
        "TCP://Engine-0.engines:5557, engine-0.engines",
        "tcp://[fd00::7]:5557, [fd00::7]"
    })
    void anAddressOfEveryInterfaceIsTheEndpointsOwn(String endpoint, String host) {
        var told = Objects.requireNonNull(read(source(endpoint)));
        assertThat(told.ranks().getFirst().address().host()).isEqualTo(host);
        assertThat(told.ranks().getFirst().address().port()).isEqualTo(5557);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipc:///tmp/kv", "inproc://kv", "tcp://*:0", "tcp://*:70000", "tcp://*", "udp://a:1"})
    void whatCannotBeDialledIsAProblem(String endpoint) {
        assertThat(read(source(endpoint))).isEqualTo(new ToldEvents(List.of(), "unsupported-address"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"0\":{\"enable_kv_cache_events\":false,\"publisher\":\"zmq\",\"endpoint\":\"tcp://*:5557\"}}",
                "{\"0\":{\"enable_kv_cache_events\":true,\"publisher\":\"null\",\"endpoint\":\"tcp://*:5557\"}}",
                "{\"0\":{\"enable_kv_cache_events\":true}}",
                "{\"0\":null,\"1\":[1,{\"endpoint\":\"tcp://*:5557\"}],\"2\":\"tcp://*:5557\"}",
                "{\"detail\":\"what\"}"
            })
    void whoPublishesNothingTellsOfNothing(String answer) {
        assertThat(read(answer)).isEqualTo(ToldEvents.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "[{\"endpoint\":\"tcp://*:5557\"}]", "{\"0\":{", "x"})
    void whatIsNoObjectIsNoAnswer(String answer) {
        assertThat(read(answer)).isNull();
    }

    private static Function<String, Answer> engine(Answer sources) {
        return path -> switch (path) {
            case "/health" -> Answer.ok("");
            case "/v1/models" -> Answer.ok("{\"data\":[{\"id\":\"m\"}]}");
            case "/kv_event_sources" -> sources;
            default -> Answer.status(404);
        };
    }

    private Endpoint start(ScriptedServer server, EngineAccess access, @Nullable String kvEvents) {
        var settings = ScrapeSettings.builder()
                .healthInterval(Duration.ofMillis(100))
                .modelsInterval(Duration.ofSeconds(1))
                .timeout(Duration.ofMillis(500))
                .build();
        var spec = EndpointSpec.builder("e", "127.0.0.1", server.port())
                .kvEvents(kvEvents)
                .build();
        return pool.start(settings, access, System::nanoTime, spec);
    }

    private static void soon(Callable<Boolean> what) {
        await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofMinutes(1)).until(what);
    }

    @Test
    void anEngineIsAskedAndAskedAgain() throws IOException {
        try (var server = new ScriptedServer(engine(Answer.ok(RECORDED)))) {
            var endpoint = start(server, EngineAccess.DEFAULT, null);
            soon(() -> endpoint.replica().toldEvents().equals(READ));
            var before = endpoint.replica().toldEvents();
            long asked = server.asked("/kv_event_sources");
            soon(() -> server.asked("/kv_event_sources") > asked);
            assertThat(endpoint.replica().toldEvents()).isSameAs(before);
            server.script = engine(Answer.ok(RECORDED.replace("38819", "40000")));
            pool.scraper().refreshEventSources(endpoint);
            soon(() -> !endpoint.replica().toldEvents().equals(READ));
        }
    }

    @Test
    void anEngineWithoutThatPageIsAskedOnceAndNobodyHearsOfIt() throws IOException {
        try (var server = new ScriptedServer(engine(Answer.status(404)))) {
            var endpoint = start(server, EngineAccess.DEFAULT, null);
            soon(() -> server.asked("/v1/models") > 2);
            // once when it was first seen, and once when it was first found alive
            assertThat(server.asked("/kv_event_sources")).isBetween(1L, 2L);
            long asked = server.asked("/kv_event_sources");
            soon(() -> server.asked("/v1/models") > 3);
            assertThat(server.asked("/kv_event_sources")).isEqualTo(asked);
            for (ScrapeFailure why : ScrapeFailure.values()) {
                assertThat(pool.scraper().counts().failedEventSources(why)).isZero();
            }
            assertThat(endpoint.replica().toldEvents()).isEqualTo(ToldEvents.NONE);
        }
    }

    @Test
    void aPageThatHangsIsLetAloneAndCostsNoHealth() throws IOException {
        try (var server = new ScriptedServer(engine(new Answer(List.of(), Then.SAY_NO_MORE)))) {
            var endpoint = start(server, EngineAccess.DEFAULT, null);
            soon(() -> pool.scraper().counts().failedEventSources(ScrapeFailure.TIMEOUT) > 0);
            long lists = server.asked("/v1/models");
            soon(() -> server.asked("/v1/models") > lists + 1);
            assertThat(endpoint.health().state()).isEqualTo(EndpointHealth.State.UP);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whereSomebodyElseSaysItOrNobodyIsToBeAskedTheEngineIsNotAsked(boolean described) throws IOException {
        var access =
                new EngineAccess(null, 0, EngineAccess.Scheme.HTTP, MetricSources.SHIPPED, null, Map.of(), described);
        try (var server = new ScriptedServer(engine(Answer.ok(RECORDED)))) {
            var endpoint = start(server, access, described ? "tcp://*:5557" : null);
            soon(() -> server.asked("/v1/models") > 1);
            assertThat(server.asked("/kv_event_sources")).isZero();
            assertThat(endpoint.replica().toldEvents()).isEqualTo(ToldEvents.NONE);
        }
    }
}
