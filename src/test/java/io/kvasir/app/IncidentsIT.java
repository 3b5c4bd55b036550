package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.sim.http.EventOptions;
import io.kvasir.sim.http.Fault;
import io.kvasir.sim.http.Faults;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Incidents of docs/operations.md that seconds can show, all at once, each on a replica of the built program's pool: what is
 * wrong by its words, the metric and the line of the log. The time of engines runs ten times as fast.
 */
class IncidentsIT {
    private static final int FASTER = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CHAT = "/v1/chat/completions";
    private static final String ONE = "h200-0";
    private static final String LONG = "a word ".repeat(2_000);
    private static final long TOO_LONG = 100L << 20;
    private static final int UNKNOWN_TO_ITS_ENGINE = 9;
    private static final int CLIENTS = 6;
    private static final String PAGE = """
            vllm:num_requests_running{model_name="m"} 0
            vllm:num_requests_waiting{model_name="m"} 0
            vllm:kv_cache_usage_perc{model_name="m"} 0
            """;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();
    private static final List<String> POOL = new ArrayList<>(List.of("endpoints:"));

    @TempDir
    private static Path folder;

    private static HttpClient client;
    private static ServedProgram program;
    private static volatile boolean over;

    @BeforeAll
    static void haveItAllHappen() throws Exception {
        client = open(
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
        var crowd = simulated("crowd", SimulatedPool.builder().pool("h200=4"));
        crowd.faults(ONE, Faults.NONE.with(Fault.ERROR_RATE, 1));
        simulated("hangs", SimulatedPool.builder().faults(Faults.NONE.with(Fault.STUCK)));
        simulated("locked", SimulatedPool.builder().apiKey("secret"));
        simulated("unheard-of", SimulatedPool.builder());
        var frozen = simulated("frozen", SimulatedPool.builder());
        var asleep = simulated("asleep", SimulatedPool.builder());
        var gaps = simulated("gaps", SimulatedPool.builder().events(EventOptions.USUAL.withoutReplay()));
        handMade("phantom", IncidentsIT::page, exchange -> answer(exchange, 200, "{\"data\":[]}"));
        handMade("unpaged", exchange -> answer(exchange, 401, "{}"), exchange -> answer(exchange, 200, "{}"));
        handMade("endless", IncidentsIT::page, IncidentsIT::tooLong);
        // its backlog takes connections, and nobody ever reads of them
        replica(
                "silent",
                open(new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress()))
                        .getLocalPort(),
                ", product: NVIDIA-H200");
        replica("refuses", ReservedPorts.next(), ", product: NVIDIA-H200");

        program = open(ServedProgram.start(
                folder,
                Files.write(folder.resolve("pool.yaml"), POOL),
                List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                "--time-scale=" + FASTER,
                "--metrics-staleness-threshold=30s",
                "--enable-pprof"));

        wait("hangs", 1);
        wait("phantom", UNKNOWN_TO_ITS_ENGINE);
        post(asleep.endpoints().getFirst().url() + "/sleep?level=1", "");
        for (int i = 0; i < CLIENTS; i++) {
            repeat(number -> ask("crowd", "what now? " + number));
        }
        // from then on its page does not change
        ask("frozen", LONG);
        frozen.faults(ONE, Faults.NONE.with(Fault.STALE_METRICS));
        repeat(number -> ask("frozen", number + LONG));
        repeat(number -> {
            if (number % 4 == 3) {
                gaps.events(ONE).dropNext(1);
            }
            ask("gaps", number + LONG);
        });
    }

    @AfterAll
    static void close() throws Exception {
        over = true;
        while (!OPEN.isEmpty()) {
            OPEN.pop().close();
        }
    }

    private static <T extends AutoCloseable> T open(T part) {
        OPEN.push(part);
        return part;
    }

    /** One line of the pool, whose replica serves a model of its own. */
    private static void replica(String name, int port, String more) {
        POOL.add("  - {name: " + name + ", address: 127.0.0.1, port: " + port + more + "}");
    }

    private static SimulatedPool simulated(String model, SimulatedPool.Builder builder) throws IOException {
        var pool = open(builder.model(model).timeScale(FASTER).eventLoops(1).start());
        for (var engine : pool.endpoints()) {
            replica(
                    pool.endpoints().size() == 1 ? model : engine.name().replace("h200", model),
                    engine.port(),
                    ", model: " + model + ", product: " + (model.equals("unheard-of") ? "Acme-9000" : engine.product())
                            + (engine.kvEvents() == null ? "" : ", kvEvents: '" + engine.kvEvents() + "'"));
        }
        return pool;
    }

    /** An engine that answers probes, and requests never. */
    private static void handMade(String name, HttpHandler page, HttpHandler models) throws IOException {
        var engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
        engine.createContext("/health", exchange -> answer(exchange, 200, "{}"));
        engine.createContext("/metrics", page);
        engine.createContext("/v1/models", models);
        engine.createContext("/", exchange -> exchange.getRequestBody().readAllBytes());
        engine.start();
        open(() -> engine.stop(0));
        replica(name, engine.getAddress().getPort(), ", product: NVIDIA-H200, model: " + name);
    }

    private static void page(HttpExchange exchange) throws IOException {
        answer(exchange, 200, PAGE);
    }

    private static void tooLong(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, TOO_LONG);
        exchange.getResponseBody().write('{');
        exchange.getResponseBody().flush();
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static String chat(String model, String prompt) {
        return "{\"model\":\"" + model
                + "\",\"stream\":true,\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt
                + "\"}]}";
    }

    private static void ask(String model, String prompt) throws IOException, InterruptedException {
        post(program.uri(CHAT).toString(), chat(model, prompt));
    }

    private static void post(String uri, String body) throws IOException, InterruptedException {
        client.send(
                HttpRequest.newBuilder(URI.create(uri))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.discarding());
    }

    /** So many requests whose clients wait until the end. */
    private static void wait(String model, int requests) throws IOException {
        for (int i = 0; i < requests; i++) {
            open(new RawConnection(program.httpPort())).say(RawConnection.post(CHAT, chat(model, "hello?")));
        }
    }

    private interface Asking {
        void ask(int number) throws IOException, InterruptedException;
    }

    /** One after the other, whatever comes of them, until the end. */
    private static void repeat(Asking asking) {
        var thread = Thread.ofVirtual().start(() -> {
            for (int number = 0; !over; number++) {
                try {
                    asking.ask(number);
                } catch (IOException e) {
                    // some fail on purpose
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        open(() -> {
            thread.interrupt();
            thread.join();
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            refuses    | down              | is down: connections are refused                                     | kvasir_endpoint_up{endpoint="refuses"                                | 0..0    | are down and get no requests: .*refuses \\(refuses connections\\)
            silent     | silent            | is down: it does not answer probes                                   | kvasir_endpoint_up{endpoint="silent"                                 | 0..0    | are down and get no requests: .*silent \\(does not answer probes\\)
            hangs      | hangs             | has begun no answer for [0-9]+ s, though it answers probes and 1 request waits for one.* | kvasir_endpoint_standstill_seconds{endpoint="hangs" | 20..9e9 | have begun no answer for long, though requests wait for one there: .*hangs \\([0-9]+ s\\)
            phantom    | phantom-load      | has 9 requests in our books that its engine does not run             | kvasir_endpoint_requests_in_flight{endpoint="phantom"                | 9..9    | phantom-load: phantom has 9 requests in our books that its engine does not run; compare
            crowd-0    | ejected           | gets few requests or none: they fail there and not elsewhere.*       | kvasir_endpoint_ejections_total{endpoint="crowd-0",reason="outlier"  | 1..9e9  | are taken out for a while: .*crowd-0 \\(requests fail there that do not fail elsewhere\\)
            asleep     | asleep            | sleeps, by its engine.s word.*                                       | kvasir_endpoint_asleep{endpoint="asleep"                             | 1..1    | sleep, as their engines say, and get no requests: .*asleep
            locked     | models-unreadable | has a list of models that cannot be read \\(unauthorized\\).*        | kvasir_scrape_model_list_failures_total{reason="unauthorized"        | 1..9e9  | have a list of models that cannot be read.*locked \\(unauthorized\\)
            endless    | models-unreadable | has a list of models that cannot be read \\(too-large\\).*           | kvasir_scrape_model_list_failures_total{reason="too-large"           | 1..9e9  | have a list of models that cannot be read.*endless \\(too-large\\)
            unpaged    | page-unreadable   | has a metrics page that cannot be read \\(unauthorized\\).*          | kvasir_scrape_failures_total{reason="unauthorized"                   | 1..9e9  | have a metrics page that cannot be read: .*unpaged \\(unauthorized\\)
            frozen     | page-frozen       | has a metrics page that has not changed for [0-9]+ s, though it computes prompts.* | kvasir_findings{code="page-frozen"                     | 1..1    | page-frozen: frozen has a metrics page that has not changed
            gaps       | kv-events         | .*missed.*                                                           | kvasir_kv_event_incidents_total{incident="gap"                       | 1..9e9  | kv-events: gaps .*missed
            unheard-of | unknown-hardware  | runs on Acme-9000, which the catalogue does not know: .*             | kvasir_unknown_hardware{product="Acme-9000"                          | 1..1    | unheard-of: hardware Acme-9000 is not in the catalogue; it counts as
                       | start             | --enable-pprof has no effect: .*                                     | kvasir_findings{code="start"                                         | 1..9e9  | --enable-pprof has no effect: the JDK's own tools take profiles
            """)
    void itIsTold(@Nullable String replica, String code, String words, String sample, String range, String line) {
        double least = Double.parseDouble(range.substring(0, range.indexOf("..")));
        double most = Double.parseDouble(range.substring(range.indexOf("..") + 2));
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(found(replica, code)).isNotNull().matches(words);
            assertThat(program.metric(sample)).isBetween(least, most);
        });
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(program.printed()).containsPattern(Pattern.compile(line)));
    }

    /** What is told of that replica, or of none; null where it is not of that kind. */
    private static @Nullable String found(@Nullable String replica, String code) throws IOException {
        for (JsonNode finding : JSON.readTree(program.get("/api/findings"))) {
            if (finding.path("code").asText().equals(code)
                    && Objects.equals(finding.path("endpoint").textValue(), replica)) {
                assertThat(finding.path("advice").asText()).isNotBlank();
                return finding.path("what").asText();
            }
        }
        return null;
    }
}
