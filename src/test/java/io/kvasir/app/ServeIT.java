package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.kvasir.testing.ReservedPorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The built program as an operator starts it. */
class ServeIT {
    private static final Set<String> ONLY_SOMETIMES = Set.of(
            "kvasir_access_log_lines_total",
            "kvasir_config_failed_reloads_total",
            "kvasir_discovery_apply_seconds_total",
            "kvasir_discovery_failing",
            "kvasir_endpoint_file_failed_reloads_total",
            "kvasir_events_dropped_total",
            "kvasir_ext_proc_refusals_total",
            "kvasir_hardware_notes_total",
            "kvasir_proxy_refusals_total",
            "kvasir_rates_drifting",
            "kvasir_shadow_decisions_total",
            "kvasir_shadow_regret_seconds_total",
            "kvasir_shadow_saved_seconds_total",
            "kvasir_spans_total",
            "kvasir_unknown_hardware");

    private static final Duration START = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Process> processes = new ArrayList<>();
    private final int httpPort = ReservedPorts.next();
    private int metricsPort = ReservedPorts.next();

    @TempDir
    Path folder;

    @AfterEach
    void stop() throws InterruptedException {
        for (var process : processes) {
            process.destroyForcibly().waitFor();
        }
        client.close();
    }

    private Process serve(Map<String, String> environment, String... args) throws IOException {
        var flags = new ArrayList<>(List.of(
                "--http-port",
                Integer.toString(httpPort),
                "--metrics-port",
                Integer.toString(metricsPort),
                "--grpc-port",
                "0",
                "--grpc-health-port",
                "0"));
        flags.addAll(List.of(args));
        var builder = BuiltProgram.printingTo(
                folder,
                flags.contains("--endpoints") || !environment.isEmpty()
                        ? BuiltProgram.serve(List.of(), flags)
                        : BuiltProgram.demo(List.of(), flags));
        builder.environment().putAll(environment);
        var process = builder.start();
        processes.add(process);
        return process;
    }

    private Process serving(String... args) throws IOException {
        var process = serve(Map.of(), args);
        await().atMost(START).until(() -> !process.isAlive() || ready());
        assertThat(process.isAlive()).as(this::printed).isTrue();
        return process;
    }

    private boolean ready() {
        try {
            return get("/q/health/ready").contains("\"UP\"");
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private String printed() {
        return BuiltProgram.printed(folder);
    }

    private String get(String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metricsPort + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private HttpRequest completion(String body) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/v1/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private List<String> refusal(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(START.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
        return Files.readAllLines(folder.resolve("err"));
    }

    @Test
    void withNothingGivenTheDemoPoolServesAndTheBackOfficeShowsIt() throws Exception {
        serving();

        // what warms the doors up leaves no trace
        assertThat(get("/metrics"))
                .contains("kvasir_ext_proc_events_total{event=\"opened\"} 0.0")
                .contains("kvasir_proxy_answers_total{class=\"2xx\"} 0.0")
                .contains("kvasir_prefix_blocks{view=\"approximate\"} 0.0");
        var answer =
                client.send(completion("{\"prompt\":\"Once\",\"max_tokens\":4}"), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-kvasir-demo")).contains("true");
        assertThat(answer.headers().firstValue("x-kvasir-endpoint")).isPresent();
        assertThat(printed()).contains("curl", "http://localhost:" + httpPort + "/v1/models");

        await().atMost(START).untilAsserted(() -> {
            JsonNode endpoints = JSON.readTree(get("/api/endpoints"));
            assertThat(endpoints).hasSize(6);
            for (var endpoint : endpoints) {
                assertThat(endpoint.path("state").asText()).isEqualTo("up");
                assertThat(endpoint.path("scraped").path("ageSeconds").isNumber())
                        .isTrue();
                assertThat(endpoint.path("inFlight").path("requests").asInt()).isZero();
            }
        });
        assertThat(get("/metrics"))
                .contains(
                        "kvasir_picks_total",
                        "kvasir_decision_seconds_bucket",
                        "kvasir_ttft_seconds_count",
                        "kvasir_requests_ended_total{outcome=\"completed\"",
                        "kvasir_scrape_pages_total",
                        "kvasir_proxy_answers_total",
                        "kvasir_ext_proc_streams")
                .contains(DashboardsTest.othersAsked());
        everySeriesOfDashboardsAndAlertsIsThere(get("/metrics"));
        var queue = JSON.readTree(get("/api/queue"));
        assertThat(queue.path("on").asBoolean()).isTrue();
        assertThat(queue.path("waiting").asInt(-1)).isZero();
        assertThat(queue.path("bands").path(0).path("priority").asInt(-1)).isZero();
        assertThat(queue.path("bands").path(0).path("boundSeconds").asInt()).isEqualTo(60);
        assertThat(queue.path("bands").path(0).path("atOnce").asInt()).isPositive();
        assertThat(queue.path("classes").path(0).path("endpoints").asInt()).isPositive();
        assertThat(queue.path("settings").path("holdSeconds").asDouble()).isEqualTo(0.5);
        assertThat(JSON.readTree(get("/api/usage")))
                .anySatisfy(
                        usage -> assertThat(usage.path("outputTokens").asLong()).isPositive());
        assertThat(get("/q/health/group/pool")).contains("\"routable\": 6");
    }

    /** But for those of parts that this program has not, and of what has not gone wrong. */
    private static void everySeriesOfDashboardsAndAlertsIsThere(String page) throws IOException {
        var missing = new TreeSet<>(DashboardsTest.asked());
        page.lines()
                .filter(line -> line.startsWith("kvasir_"))
                .forEach(line -> missing.remove(line.split("[{ ]", 2)[0]));
        assertThat(missing).isSubsetOf(ONLY_SOMETIMES);
    }

    @Test
    void anExplanationTellsEveryCandidatesSeconds() throws Exception {
        serving();
        var asked = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metricsPort + "/api/explain"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        var explained = JSON.readTree(asked.body());
        assertThat(explained.path("endpoint").asText()).isNotEmpty();
        assertThat(explained.path("candidates")).isNotEmpty();
        for (var candidate : explained.path("candidates")) {
            assertThat(candidate.path("scores").path("time-scorer").asDouble()).isNegative();
            assertThat(candidate.path("prefillSeconds").asDouble()).isPositive();
            assertThat(candidate.path("decodeSeconds").asDouble()).isPositive();
            for (String part : List.of("waitSeconds", "prefillSeconds", "transferSeconds", "decodeSeconds", "total")) {
                assertThat(candidate.path(part).isNumber()).as(part).isTrue();
                assertThat(candidate
                                .path(part)
                                .decimalValue()
                                .stripTrailingZeros()
                                .precision())
                        .as(part)
                        .isLessThanOrEqualTo(4);
            }
        }
    }

    @Test
    void aStopFinishesStreamsInFlightFirst() throws Exception {
        var process = serving("--log-format", "json");
        var response = client.send(
                completion("{\"prompt\":\"Once\",\"max_tokens\":900,\"ignore_eos\":true,\"stream\":true}"),
                HttpResponse.BodyHandlers.ofInputStream());
        var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).startsWith("data: ");

        process.destroy();

        // what is left of the program can be watched while its doors drain
        await().atMost(START).until(() -> get("/metrics").contains("kvasir_ready{condition=\"doors\"} 0.0"));
        assertThat(get("/q/health/ready")).contains("\"DOWN\"");
        String last = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            last = line.isEmpty() ? last : line;
        }
        assertThat(last).isEqualTo("data: [DONE]");
        assertThat(process.waitFor(START.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("128 + SIGTERM").isEqualTo(143);
        var logged = Files.readAllLines(folder.resolve("out")).stream()
                .filter(line -> line.startsWith("{"))
                .toList();
        assertThat(logged).isNotEmpty();
        for (String line : logged) {
            assertThat(JSON.readTree(line).path("message").isTextual()).isTrue();
        }
    }

    @Test
    void aBadValueStopsTheStartInOneLine() throws Exception {
        assertThat(refusal(serve(Map.of(), "--policy", "best")))
                .containsExactly("kvasir: policy: best; allowed: time, least-load, prefix-load, prefix-affinity,"
                        + " round-robin, config");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http-port", "metrics-port", "grpc-port", "grpc-health-port"})
    void aTakenPortStopsTheStartInOneLine(String flag) throws Exception {
        try (var taken = new ServerSocket(0)) {
            var lines = refusal(serve(Map.of(), "--" + flag, Integer.toString(taken.getLocalPort())));

            assertThat(lines).as(this::printed).hasSize(1);
            assertThat(lines.getFirst()).startsWith("kvasir: ").contains(Integer.toString(taken.getLocalPort()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http-port", "metrics-port", "grpc-port", "grpc-health-port"})
    void everyPortIsOpenedOnTheAddressGivenAndOnNoOther(String flag) throws Exception {
        // who listened on all addresses could not have a port that one of them has taken
        try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.2"))) {
            if (flag.equals("metrics-port")) {
                metricsPort = taken.getLocalPort();
            }
            serving("--http-host", "127.0.0.1", "--" + flag, Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void theLaunchContractOfScriptsOpensThePickerInPlaintextAndNoProxy() throws Exception {
        Path file = folder.resolve("pool.yaml");
        Files.writeString(file, "endpoints:\n  - {name: a, address: 127.0.0.1, port: 1}\n");
        int port = ReservedPorts.next();
        int healthPort = ReservedPorts.next();

        serving(
                "--mode",
                "ext-proc",
                "--grpc-port",
                Integer.toString(port),
                "--grpc-health-port",
                Integer.toString(healthPort),
                "--metrics-port",
                Integer.toString(metricsPort),
                "--secure-serving=false",
                "--refresh-metrics-interval",
                "50ms",
                "--endpoints",
                file.toString());

        assertThat(health(healthPort)).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        assertThat(health(port)).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), httpPort).close())
                .isInstanceOf(ConnectException.class);
        assertThat(printed()).contains("endpoint picker on port " + port).doesNotContain("no effect", "unknown flag");
    }

    private static HealthCheckResponse.ServingStatus health(int port) {
        var channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            return HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(START.toSeconds(), TimeUnit.SECONDS)
                    .check(HealthCheckRequest.newBuilder()
                            .setService("envoy.service.ext_proc.v3.ExternalProcessor")
                            .build())
                    .getStatus();
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void aBadEndpointFileStopsTheStartWithFileLineAndKey() throws Exception {
        Path file = folder.resolve("pool.yaml");
        Files.writeString(file, "endpoints:\n  - name: a\n    address: 10.0.0.1\n    port: 70000\n");

        var lines = refusal(serve(Map.of(), "--endpoints", file.toString()));

        assertThat(lines).hasSize(1);
        assertThat(lines.getFirst()).contains(file + ":4", "port", "70000", "65535");
    }

    @ParameterizedTest
    @ValueSource(strings = {"version", "--version", "serve --version", "help", "--help", "check --help", "serve -h"})
    void wordsStartNothing(String args) throws Exception {
        var words = List.of(args.split(" "));
        var process = BuiltProgram.printingTo(
                        folder, BuiltProgram.run(List.of(), words.getFirst(), words.subList(1, words.size())))
                .start();
        processes.add(process);

        assertThat(process.waitFor(START.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(Files.readString(folder.resolve("err"))).isEmpty();
        assertThat(Files.readString(folder.resolve("out")))
                .contains(args.contains("version") ? "kvasir 0." : "--endpoints")
                .doesNotContain("Kvasir is ready");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--endpoint pool.yaml", "--endpoint=pool.yaml", "-endpoint pool.yaml", "--frobnicate", "serve"})
    void withoutAWordOfWhereEndpointsComeFromNothingIsStarted(String args) throws Exception {
        var words = List.of(args.split(" "));
        var process = BuiltProgram.printingTo(
                        folder, BuiltProgram.run(List.of(), words.getFirst(), words.subList(1, words.size())))
                .start();
        processes.add(process);

        assertThat(refusal(process))
                .singleElement(STRING)
                .startsWith("kvasir: ")
                .contains("--endpoints");
        assertThat(Files.readString(folder.resolve("out"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--trusted-proxies nonsense",
                "--http-host no.such.host.invalid",
                "--cert-path /no/such/directory",
                "--client-ca-file /no/such/file",
                "--config-file /no/such/file",
                "--settings /no/such/file"
            })
    void nonsenseStopsTheStartInOneLine(String args) throws Exception {
        var words = args.split(" ", -1);

        assertThat(refusal(serve(Map.of(), words[0], words[1], "--http-port", "0")))
                .singleElement(STRING)
                .startsWith("kvasir: " + words[0].substring(2) + ": " + words[1]);
    }

    @Test
    void aFailureThatNobodyExpectedIsToldInWords() throws Exception {
        Path config = folder.resolve("kubeconfig");
        Files.writeString(config, """
                apiVersion: v1
                kind: Config
                current-context: c
                contexts: [{name: c, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
                users: [{name: u, user: {client-certificate-data: Z2FyYmFnZQ==, client-key-data: Z2FyYmFnZQ==}}]
                """);
        var process = serve(Map.of("KUBECONFIG", config.toString()), "--pool-name", "p", "--pool-namespace", "n");

        assertThat(process.waitFor(START.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(folder.resolve("err")))
                .first()
                .asString()
                .startsWith("kvasir: ")
                .hasSizeGreaterThan("kvasir: ".length())
                .doesNotContain("null");
    }

    @Test
    void inAClusterTheDemoPoolIsRefused() throws Exception {
        var lines = refusal(serve(Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1")));

        assertThat(lines).hasSize(1);
        assertThat(lines.getFirst()).contains("--endpoints");
    }
}
