package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.route.Outcome;
import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real Envoy between a client and simulated engines, with the picker beside it. */
class EnvoyIT {
    private static final String DST = "original-dst.yaml";
    private static final String OVERRIDE = "override-host.yaml";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static @Nullable SimulatedPool simulated;

    @TempDir
    Path directory;

    @BeforeAll
    static void startEngines() throws IOException {
        assumeTrue(EnvoyProcess.binary() != null, EnvoyProcess::whyNot);
        simulated = SimulatedPool.builder().pool("h200=3").start();
    }

    @AfterAll
    static void stopEngines() {
        if (simulated != null) {
            simulated.close();
        }
    }

    private static List<SimulatedEndpoint> engines() {
        return simulated == null ? List.of() : simulated.endpoints();
    }

    private static List<String> hostPorts() {
        return engines().stream()
                .map(engine -> engine.address() + ":" + engine.port())
                .toList();
    }

    /** Picker in this process, Envoy beside it. */
    private final class Setup implements AutoCloseable {
        final PickerFixture picker;
        final EnvoyProcess envoy;

        Setup(String file, StreamSettings streams, List<EndpointSpec> endpoints) throws IOException {
            var settings = ExtProcSettings.DEFAULT.withPorts(0, 0).withStreams(streams);
            picker = PickerFixture.start(file.equals(DST) ? settings.withTls(null) : settings, endpoints);
            envoy = EnvoyProcess.start(
                    file,
                    picker.server.port(),
                    engines().stream().map(SimulatedEndpoint::port).toList(),
                    false,
                    directory);
        }

        Setup(String file) throws IOException {
            this(file, StreamSettings.DEFAULT, PickerFixture.specs(hostPorts()));
        }

        /** Nothing is left over, and Envoy has no complaint about the protocol. */
        void assertClean() throws IOException {
            Until.met(() -> picker.server.counts().open() == 0);
            assertThat(picker.inFlight()).isZero();
            assertThat(picker.server.bodyBytes()).isZero();
            assertThat(envoy.stat("http.http.ext_proc.streams_started")).isPositive();
            assertThat(envoy.stat("http.http.ext_proc.spurious_msgs_received")).isZero();
            assertThat(envoy.stat("http.http.ext_proc.rejected_header_mutations"))
                    .isZero();
            assertThat(envoy.stat("http.http.ext_proc.streams_failed")).isZero();
            assertThat(picker.server.counts().of(StreamEvent.OUT_OF_ORDER)).isZero();
            assertThat(picker.server.counts().of(StreamEvent.FAILED)).isZero();
        }

        @Override
        public void close() {
            envoy.close();
            picker.close();
        }
    }

    private static HttpRequest chat(String url, String content, boolean stream, int maxTokens) throws IOException {
        var body = JSON.createObjectNode()
                .put("model", SimulatedPool.DEFAULT_MODEL)
                .put("stream", stream)
                .put("ignore_eos", true)
                .put("max_tokens", maxTokens);
        body.putArray("messages").addObject().put("role", "user").put("content", content);
        if (stream) {
            body.putObject("stream_options").put("include_usage", true);
        }
        return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
                .build();
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @ParameterizedTest
    @ValueSource(strings = {DST, OVERRIDE})
    void wholeAnswersComeThrough(String file) throws IOException {
        try (var setup = new Setup(file)) {
            for (int i = 0; i < 6; i++) {
                var answer = json(send(chat(setup.envoy.url(), "hello " + i, false, 5)));
                assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(5);
                assertThat(answer.at("/choices/0/message/content").asText()).isNotEmpty();
            }
            assertThat(setup.picker.router.counts().outputTokens()).isEqualTo(30);
            assertThat(setup.picker.server.counts().of(StreamEvent.PICKED)).isEqualTo(6);
            assertThat(setup.picker.server.counts().of(StreamEvent.SERVED_ELSEWHERE))
                    .isZero();
            setup.assertClean();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DST, OVERRIDE})
    void streamedAnswersComeThroughEventByEvent(String file) throws IOException, InterruptedException {
        try (var setup = new Setup(file)) {
            var response = CLIENT.send(chat(setup.envoy.url(), "hello", true, 20), HttpResponse.BodyHandlers.ofLines());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
            var lines = response.body().filter(line -> !line.isEmpty()).toList();
            assertThat(lines).hasSizeGreaterThan(20).allMatch(line -> line.startsWith("data: "));
            assertThat(lines.getLast()).isEqualTo("data: [DONE]");
            assertThat(lines.get(lines.size() - 2)).contains("\"completion_tokens\":20");
            setup.assertClean();
            var counts = setup.picker.router.counts();
            assertThat(counts.ended(Outcome.COMPLETED)).isEqualTo(1);
            assertThat(counts.outputTokens()).isEqualTo(20);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DST, OVERRIDE})
    void requestsWithoutBodyArePicked(String file) throws IOException {
        try (var setup = new Setup(file)) {
            var models = json(send(HttpRequest.newBuilder(URI.create(setup.envoy.url() + "/v1/models"))
                    .build()));
            assertThat(models.at("/data/0/id").asText()).isEqualTo(SimulatedPool.DEFAULT_MODEL);
            setup.assertClean();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DST, OVERRIDE})
    void aMegabyteArrivesWhole(String file) throws IOException {
        String content = "All the words there are. ".repeat(42_000);
        try (var setup = new Setup(file)) {
            var direct = send(chat(engines().getFirst().url(), content, false, 1));
            var routed = send(chat(setup.envoy.url(), content, false, 1));
            assertThat(routed.statusCode()).isEqualTo(direct.statusCode());
            assertThat(content.length()).isGreaterThan(1_000_000);
            // the engine counts the prompt: a byte lost or twice would change the count or break the JSON
            assertThat(JSON.readTree(routed.body()).at("/usage/prompt_tokens"))
                    .isEqualTo(JSON.readTree(direct.body()).at("/usage/prompt_tokens"));
            assertThat(JSON.readTree(routed.body()).at("/error/message"))
                    .isEqualTo(JSON.readTree(direct.body()).at("/error/message"));
            setup.assertClean();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DST, OVERRIDE})
    void clientsThatHangUpLeaveNothingBehind(String file) throws IOException, InterruptedException {
        try (var setup = new Setup(file)) {
            HttpResponse<InputStream> response = CLIENT.send(
                    chat(setup.envoy.url(), "hello", true, 100_000), HttpResponse.BodyHandlers.ofInputStream());
            try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                assertThat(lines.readLine()).startsWith("data: ");
                assertThat(setup.picker.inFlight()).isEqualTo(1);
            }
            Until.met(() -> setup.picker.inFlight() == 0);
            setup.assertClean();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DST, OVERRIDE})
    void badRequestsAreAnsweredByThePicker(String file) throws IOException {
        try (var setup = new Setup(file)) {
            var response = send(HttpRequest.newBuilder(URI.create(setup.envoy.url() + "/v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",]"))
                    .build());
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(response.headers().firstValue(Names.DROPPED_REASON)).hasValue("body-malformed");
            assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
            assertThat(JSON.readTree(response.body()).at("/error/message").asText())
                    .contains("byte 13");
            setup.picker.pool.apply(List.of());
            var nobody = send(chat(setup.envoy.url(), "hello", false, 1));
            assertThat(nobody.statusCode()).isEqualTo(503);
            assertThat(nobody.headers().firstValue(Names.DROPPED_REASON)).hasValue("rejected-no-endpoints");
            setup.assertClean();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DST})
    void anEndpointThatRefusesIsAvoidedFromThenOn(String file) throws IOException {
        int dead;
        try (var socket = new ServerSocket(0)) {
            dead = socket.getLocalPort();
        }
        var endpoints = new ArrayList<>(List.of("127.0.0.1:" + dead));
        endpoints.addAll(hostPorts());
        try (var setup = new Setup(file, StreamSettings.DEFAULT, PickerFixture.specs(endpoints))) {
            int refused = 0;
            for (int i = 0; i < 20; i++) {
                var response = send(chat(setup.envoy.url(), "hello", false, 1));
                if (response.statusCode() == 503) {
                    int failed = ++refused;
                    if (EnvoyProcess.showsOwnReplies()) {
                        // the client may have its answer before the picker is told
                        Until.met(() -> setup.picker.server.counts().of(StreamEvent.CONNECT_FAILED) == failed);
                    }
                } else {
                    assertThat(response.statusCode()).isEqualTo(200);
                }
            }
            assertThat(refused).isBetween(1, 5);
            setup.assertClean();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aKilledPickerFailsAsConfiguredAndComesBack(boolean failOpen) throws Exception {
        int port;
        try (var first = PickerProcess.start(0, true, hostPorts());
                var envoy = start(first.port(), failOpen);
                var load = new Load(envoy.url())) {
            port = first.port();
            Until.met(() -> load.count(200) > 20);
            first.kill();
            long before = load.total();
            Until.met(() -> load.total() > before + 40);
            // once the health check has seen it, requests with a body fail as configured too
            Until.met(() -> send(chat(envoy.url(), "hello", false, 1)).statusCode() == (failOpen ? 200 : 500));
            try (var _ = PickerProcess.start(port, true, hostPorts())) {
                Until.met(() -> envoy.stat("cluster.picker.membership_healthy") == 1);
                Until.met(() -> send(chat(envoy.url(), "hello", false, 1)).statusCode() == 200);
                load.stop();
                assertThat(load.statuses()).allMatch(status -> status == 200 || status == 500 || status == -1);
                // a request that was under way when the picker died is cut or refused, never an empty success
                assertThat(load.empty()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDrainedPickerFinishesWhatItHas(boolean failOpen) throws Exception {
        try (var first = PickerProcess.start(0, true, hostPorts());
                var envoy = start(first.port(), failOpen)) {
            var streaming =
                    CLIENT.send(chat(envoy.url(), "hello", true, 100), HttpResponse.BodyHandlers.ofInputStream());
            try (var lines = new BufferedReader(new InputStreamReader(streaming.body(), StandardCharsets.UTF_8))) {
                assertThat(lines.readLine()).startsWith("data: ");
                first.drain();
                assertThat(lines.lines().filter(line -> !line.isEmpty()).reduce((_, last) -> last))
                        .hasValue("data: [DONE]");
            }
            first.join();
            Until.met(() -> envoy.stat("cluster.picker.membership_healthy") == 0);
            assertThat(send(chat(envoy.url(), "hello", false, 1)).statusCode()).isEqualTo(failOpen ? 200 : 500);
            assertThat(send(HttpRequest.newBuilder(URI.create(envoy.url() + "/v1/models"))
                                    .build())
                            .statusCode())
                    .isEqualTo(failOpen ? 200 : 500);
            try (var _ = PickerProcess.start(first.port(), true, hostPorts())) {
                Until.met(() -> send(chat(envoy.url(), "hello", false, 1)).statusCode() == 200);
            }
        }
    }

    private EnvoyProcess start(int picker, boolean failOpen) throws IOException {
        var envoy = EnvoyProcess.start(
                OVERRIDE,
                picker,
                engines().stream().map(SimulatedEndpoint::port).toList(),
                failOpen,
                directory);
        Until.met(() -> envoy.stat("cluster.picker.membership_healthy") == 1);
        return envoy;
    }

    /** Four clients that ask one request after the other. */
    private static final class Load implements AutoCloseable {
        private final List<Integer> statuses = new ArrayList<>();
        private final List<Thread> threads;
        private volatile boolean stopped;
        private int empty;

        Load(String url) {
            threads = Stream.generate(() -> Thread.ofVirtual().start(() -> run(url)))
                    .limit(4)
                    .toList();
        }

        private void run(String url) {
            while (!stopped) {
                try {
                    var response = send(chat(url, "hello", false, 2));
                    add(
                            response.statusCode(),
                            response.statusCode() == 200 && !response.body().contains("choices"));
                } catch (IOException e) {
                    add(-1, false);
                }
            }
        }

        private synchronized void add(int status, boolean nothingInIt) {
            statuses.add(status);
            empty += nothingInIt ? 1 : 0;
        }

        synchronized List<Integer> statuses() {
            return List.copyOf(statuses);
        }

        synchronized int empty() {
            return empty;
        }

        synchronized long count(int status) {
            return statuses.stream().filter(each -> each == status).count();
        }

        synchronized long total() {
            return statuses.size();
        }

        void stop() throws InterruptedException {
            stopped = true;
            for (var thread : threads) {
                thread.join();
            }
        }

        @Override
        public void close() {
            stopped = true;
        }
    }
}
