package io.kvasir.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.kvasir.scrape.H2cEngine;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.sim.http.EventOptions;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command against real simulated engines, and servers that are wrong in one way each. */
class CheckCommandTest {
    private static final Instant NOW = Instant.parse("2026-02-03T04:05:06.789Z");

    private static final String MODELS = "{\"data\":[{\"id\":\"m\",\"max_model_len\":9}]}";

    @TempDir
    Path dir;

    private record Run(int status, String out, String err) {
        JsonNode json() throws IOException {
            return new ObjectMapper().readTree(out);
        }

        /** Findings about a subject and topic, as {@code status finding}. */
        List<String> about(String subject, String topic) throws IOException {
            var texts = new ArrayList<String>();
            for (JsonNode finding : json().get("findings")) {
                if (finding.get("about").asText().equals(subject)
                        && finding.get("topic").asText().equals(topic)) {
                    texts.add(finding.get("status").asText() + " "
                            + finding.get("finding").asText());
                }
            }
            return texts;
        }
    }

    private static Run run(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        int status = CheckCommand.run(
                Arrays.asList(args),
                new PrintWriter(out),
                new PrintWriter(err),
                Map.of(),
                InstantSource.fixed(NOW),
                Config::empty);
        return new Run(status, out.toString(), err.toString());
    }

    private Run check(Path file, String... more) {
        var args = new ArrayList<>(List.of("--endpoints", file.toString(), "--output", "json", "--timeout", "2"));
        args.addAll(List.of(more));
        return run(args.toArray(String[]::new));
    }

    private Path file(String... items) throws IOException {
        return Files.writeString(
                dir.resolve("endpoints.yaml"), "endpoints:\n  - {" + String.join("}\n  - {", items) + "}\n");
    }

    private static String item(String name, int port, String... more) {
        return "name: " + name + ", address: 127.0.0.1, port: " + port + (more.length == 0 ? "" : ", ")
                + String.join(", ", more);
    }

    @Test
    void simulatedEnginesAreWell() throws Exception {
        var file = dir.resolve("endpoints.yaml");
        try (var pool = SimulatedPool.builder()
                .pool("h200=1,mi350x:sglang=1,mig-1g=1")
                .blockSize(16)
                .start()) {
            pool.writeEndpointsFile(file);
            var run = check(file);
            assertThat(run.status()).as(run.out()).isZero();
            var summary = run.json().get("summary");
            assertThat(summary.get("problem").asInt()).isZero();
            assertThat(summary.get("warning").asInt()).as(run.out()).isZero();
            String h200 = pool.endpoints().getFirst().name();
            assertThat(run.about(h200, "hardware"))
                    .containsExactly("ok NVIDIA-H200: class h200, 1 of them, weight 1.00");
            assertThat(run.about(h200, "health")).containsExactly("ok /health is 200");
            assertThat(run.about(h200, "models").getFirst()).startsWith("ok serves [" + SimulatedPool.DEFAULT_MODEL);
            assertThat(run.about(h200, "metrics").getFirst())
                    .startsWith("ok found running, waiting, kv-usage, block-size, kv-blocks");
            assertThat(run.about(h200, "blocks").getFirst()).startsWith("ok 16 tokens, ");
            assertThat(run.about(h200, "kv-events"))
                    .containsExactly("unknown nobody says whether it publishes KV events");
            assertThat(run.about("pool", "blocks"))
                    .containsExactly("ok " + SimulatedPool.DEFAULT_MODEL + " has blocks of 16 tokens everywhere");
            assertThat(run.about("pool", "roles")).containsExactly("ok {both=3}");
            assertThat(run.about("pool", "routing").getFirst())
                    .isEqualTo("ok policy time, rates of the catalogue for 3 of 3 endpoints, load from metrics of 3"
                            + " and from the router's own books of all");
            assertThat(run.json().get("findings").get(0).get("time").asText()).isEqualTo(NOW.toString());
        }
    }

    @Test
    void differentBlockSizesOfOneModelAreWarnedOf() throws Exception {
        var first = dir.resolve("a.yaml");
        var second = dir.resolve("b.yaml");
        try (var a = SimulatedPool.builder().pool("h200=1").blockSize(16).start();
                var b = SimulatedPool.builder().pool("h100=1").blockSize(64).start()) {
            a.writeEndpointsFile(first);
            b.writeEndpointsFile(second);
            Files.writeString(
                    first, Files.readString(first) + Files.readString(second).replaceAll("(?s).*endpoints:\n", ""));
            var run = check(first);
            assertThat(run.status()).as(run.out()).isZero();
            assertThat(run.about("pool", "blocks").getFirst())
                    .startsWith("warning " + SimulatedPool.DEFAULT_MODEL
                            + " has blocks of several sizes: 16 tokens on [h200-0], 64 tokens on [h100-0]");
            assertThat(check(first, "--strict").status()).isEqualTo(1);
        }
    }

    @Test
    void theTableIsForPeople() throws Exception {
        var file = dir.resolve("endpoints.yaml");
        try (var pool = SimulatedPool.builder().pool("h200=1").start()) {
            pool.writeEndpointsFile(file);
            var run = run("--endpoints", file.toString());
            assertThat(run.status()).isZero();
            assertThat(run.out().lines().toList().getFirst()).matches("TIME +STATUS +ABOUT +TOPIC +FINDING");
            assertThat(run.out().lines().toList().get(1)).startsWith("04:05:06.789Z  ok ");
            assertThat(run.out()).contains("0 problem");
        }
    }

    @Test
    void anEndpointThatRefusesIsAProblemAndNotAskedFurther() throws Exception {
        int port = ReservedPorts.next();
        var run = check(file(item("gone", port, "product: Gaudi-9", "role: prefill")));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.about("gone", "reachable").getFirst()).startsWith("problem 127.0.0.1:" + port);
        assertThat(run.about("gone", "engine").getFirst()).startsWith("unknown not asked");
        assertThat(run.about("gone", "hardware"))
                .containsExactly(
                        "warning Gaudi-9 is told of its hardware; it counts as 0.34 of an H100, by the median of the pool,"
                                + " else its vendor");
        assertThat(run.about("gone", "metrics")).isEmpty();
        assertThat(run.about("pool", "roles").getFirst()).startsWith("problem {prefill=1}: nobody answers clients");
    }

    @Test
    void anEngineThatNeverAnswersCostsNoMoreThanItsTimeouts() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            long start = System.nanoTime();
            var run = run(
                    "--endpoints",
                    file(item("silent", silent.getLocalPort())).toString(),
                    "--output",
                    "json",
                    "--timeout",
                    "0.2");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.about("silent", "health").getFirst()).startsWith("problem /health is not answered");
            assertThat(run.about("silent", "metrics").getFirst()).contains("is not answered");
        }
    }

    @Test
    void anEngineThatSpeaksTlsIsToldApart() throws Exception {
        try (var server = TlsServer.start()) {
            var run = check(file(item("secure", server.port())));
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.about("secure", "tls").getFirst())
                    .matches("problem the port speaks TLSv1\\.[23], but engines are asked over plain HTTP");
            assertThat(run.about("secure", "metrics").getFirst()).contains("the port speaks TLS");
        }
    }

    @Test
    void anEngineThatSpeaksHttp2OnlyIsLookedAtInHttp2() throws Exception {
        try (var engine =
                new H2cEngine(request -> request.response().end("/v1/models".equals(request.path()) ? MODELS : ""))) {
            var described = check(file(item("e", engine.port(), "protocol: h2c", "apiKey: secret-1")));
            assertThat(described.about("e", "health")).containsExactly("ok /health is 200");
            assertThat(described.about("e", "models")).containsExactly("ok serves [m], up to 9 tokens");
            assertThat(described.about("e", "protocol")).isEmpty();
            assertThat(described.out()).doesNotContain("secret-1");
            assertThat(engine.asked).contains("/v1/models Bearer secret-1");

            var undescribed = check(file(item("e", engine.port())));
            assertThat(undescribed.about("e", "protocol").getFirst()).startsWith("warning answers HTTP/1.1 with 400");
            assertThat(undescribed.about("e", "models")).containsExactly("ok serves [m], up to 9 tokens");
        }
    }

    @Test
    void aKeyThatAnEngineDemandsIsReadFromAFile() throws Exception {
        try (var engine = new H2cEngine(request -> {
            boolean allowed = "Bearer secret-2".equals(request.getHeader("authorization"));
            request.response().setStatusCode(allowed ? 200 : 401).end(MODELS);
        })) {
            var file = file(item("e", engine.port(), "protocol: h2c"));
            assertThat(check(file).about("e", "models").getFirst())
                    .startsWith("warning /v1/models is 401: the engine demands a key");

            var key = Files.writeString(dir.resolve("key"), "secret-2\n");
            assertThat(check(file, "--engine-api-key-file", key.toString()).about("e", "models"))
                    .containsExactly("ok serves [m], up to 9 tokens");
        }
    }

    @Test
    void anotherEngineThanDescribedIsToldApart() throws Exception {
        try (var pool = SimulatedPool.builder().pool("h200:sglang=1").start()) {
            int port = pool.endpoints().getFirst().port();
            var run = check(file(item("e", port, "engine: vllm", "model: another")));
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.about("e", "metrics").getFirst())
                    .startsWith("problem 127.0.0.1:" + port + "/metrics has nothing of what vllm shows");
            assertThat(run.about("e", "models").getFirst())
                    .isEqualTo("problem serves [" + SimulatedPool.DEFAULT_MODEL
                            + "], but is described as serving another");
        }
    }

    @Test
    void kvEventsAreOnWhereSomebodySpeaksZeroMq() throws Exception {
        byte[] greeting = new byte[64];
        greeting[0] = (byte) 0xff;
        greeting[9] = 0x7f;
        try (var pool = SimulatedPool.builder().pool("h200=1").start();
                var publisher = new Greeter(greeting);
                var other = new Greeter("220 mail.test ready\r\n".getBytes(StandardCharsets.US_ASCII))) {
            int port = pool.endpoints().getFirst().port();
            var on = check(file(item("e", port, "kvEvents: \"tcp://127.0.0.1:" + publisher.port() + "\"")));
            assertThat(on.about("e", "kv-events").getFirst()).startsWith("ok on: tcp://127.0.0.1:");
            var any = check(file(item("e", port, "kvEvents: \"tcp://*:" + publisher.port() + "\"")));
            assertThat(any.about("e", "kv-events").getFirst()).startsWith("ok on: ");
            var mail = check(file(item("e", port, "kvEvents: \"tcp://127.0.0.1:" + other.port() + "\"")));
            assertThat(mail.about("e", "kv-events").getFirst()).endsWith("does not speak ZeroMQ");
            assertThat(mail.status()).isEqualTo(1);
            var local = check(file(item("e", port, "kvEvents: \"ipc:///tmp/kv\"")));
            assertThat(local.about("e", "kv-events").getFirst()).startsWith("unknown ");
        }
    }

    /** With time enough for a machine that is busy: what comes is not waited for. */
    private static Run tried(Path file) {
        return run("--endpoints", file.toString(), "--output", "json", "--timeout", "8", "--try-kv-events");
    }

    private static String events(SimulatedPool pool) {
        return pool.endpoints().getFirst().name();
    }

    @Test
    void whetherKvEventsComeIsSaidWithoutAPromptAndWhetherTheyMatchWithOne() throws Exception {
        var file = dir.resolve("endpoints.yaml");
        try (var pool = SimulatedPool.builder()
                .pool("h200=1")
                .blockSize(64)
                .events(EventOptions.USUAL)
                .start()) {
            pool.writeEndpointsFile(file);
            var run = check(file);
            assertThat(run.status()).isZero();
            assertThat(run.about(events(pool), "kv-events"))
                    .satisfiesExactly(
                            on -> assertThat(on).startsWith("ok on: tcp://127.0.0.1:"),
                            come -> assertThat(come).startsWith("ok its events come: complete"));
            assertThat(run.about("pool", "routing").get(1)).startsWith("ok prefix view: precise for 1 of 1");

            var tried = tried(file);
            assertThat(tried.status()).isZero();
            assertThat(tried.about(events(pool), "kv-events").getLast())
                    .isEqualTo("ok its events come and match: they tell of 256 tokens of 257 that were sent there"
                            + " (dialled, complete)");
        }
    }

    @Test
    void whereKvEventsAreIsAskedOfTheEngine() throws Exception {
        try (var pool = SimulatedPool.builder()
                .pool("h200=1")
                .events(EventOptions.USUAL.withoutReplay())
                .start()) {
            var file = file(item("e", pool.endpoints().getFirst().port()));
            var run = check(file);
            assertThat(run.about("e", "kv-events"))
                    .singleElement()
                    .satisfies(came -> assertThat(came).startsWith("unknown nothing came: an idle engine"));
            assertThat(run.status()).isZero();
            var tried = tried(file);
            assertThat(tried.about("e", "kv-events").getFirst()).startsWith("ok its events come and match");
            assertThat(tried.status()).isZero();
        }
    }

    @Test
    void eventsThatAreNotTheEnginesOwnAreAProblem() throws Exception {
        try (var pool = SimulatedPool.builder()
                .pool("h200=2")
                .events(EventOptions.USUAL)
                .start()) {
            var one = pool.endpoints().get(0);
            var other = pool.endpoints().get(1);
            var run = check(
                    file(item(
                            "e",
                            one.port(),
                            "model: \"" + one.model() + "\"",
                            "kvEvents: \"" + other.kvEvents() + "\"")),
                    "--try-kv-events");
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.about("e", "kv-events").getLast())
                    .startsWith("problem its events come and do not match: of ")
                    .endsWith("are they its own, and does it cache prefixes?");
        }
    }

    @Test
    void aPublisherThatSaysNothingIsAProblem() throws Exception {
        var file = dir.resolve("endpoints.yaml");
        try (var pool = SimulatedPool.builder()
                .pool("h200=1")
                .events(EventOptions.USUAL.withoutReplay())
                .start()) {
            pool.writeEndpointsFile(file);
            pool.events(events(pool)).silent(true);
            var run = check(file, "--try-kv-events");
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.about(events(pool), "kv-events").getLast())
                    .startsWith("problem its events do not come: ")
                    .endsWith("does it publish them, and does it cache prefixes?");
        }
    }

    @Test
    void sharedAndWeightedHardwareIsShown() throws Exception {
        try (var pool = SimulatedPool.builder().pool("h100=1").start()) {
            int port = pool.endpoints().getFirst().port();
            var run = check(file(item("e", port, "product: NVIDIA-H100-80GB-HBM3", "sharing: 4")));
            assertThat(run.about("e", "hardware").getFirst())
                    .startsWith("warning NVIDIA-H100-80GB-HBM3: class h100, 1 of them, each shared by 4 replicas,"
                            + " weight 0.250; each GPU is shared by 4 replicas")
                    .endsWith("MIG slices keep apart what must be apart");
        }
    }

    @Test
    void rolesThatCannotBePairedAreWarnedOf() throws Exception {
        try (var pool = SimulatedPool.builder().pool("h100=1,mi350x=1").start()) {
            var run = check(file(
                    item("p", pool.endpoints().get(0).port(), "role: prefill", "product: NVIDIA-H100-80GB-HBM3"),
                    item("d", pool.endpoints().get(1).port(), "role: decode", "product: AMD-Instinct-MI350X")));
            assertThat(run.about("pool", "pairs").getFirst())
                    .startsWith("warning no prefill endpoint (nvidia vllm) can be paired with a decode endpoint (amd");
        }
    }

    @Test
    void whoSendsPrefillEndpointsRequestsIsSaid() throws Exception {
        try (var pool = SimulatedPool.builder().pool("h100=2").start()) {
            var run = check(file(
                    item("p", pool.endpoints().get(0).port(), "role: prefill"),
                    item("d", pool.endpoints().get(1).port(), "role: decode")));
            assertThat(run.status()).isZero();
            assertThat(run.about("pool", "roles")).containsExactly("ok {decode=1, prefill=1}");
            assertThat(run.about("pool", "routing").getLast())
                    .startsWith("ok 1 prefill endpoints: the endpoint picker pairs them");
        }
    }

    @Test
    void anEmptyPoolIsAProblem() throws Exception {
        var run = check(Files.writeString(dir.resolve("none.yaml"), "endpoints: []\n"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.about("pool", "endpoints").getFirst()).startsWith("problem there are none");
    }

    @ParameterizedTest
    @CsvSource({
        "'', pool-name: not set; allowed: one of pool-name",
        "'--endpoints x --pool-name p', pool-name: p together with endpoints",
        "'--pool-name Upper', pool-name: Upper; allowed: the name of an object",
        "'--pool-name p --pool-group g', pool-group: g; allowed: inference.networking.k8s.io",
        "'--endpoints nowhere.yaml', endpoints: nowhere.yaml: no such file",
        "'--endpoints x --timeout 0', timeout: 0.0",
        "'--endpoints x --concurrency 0', concurrency: 0",
        "'--endpoints x --policy best', policy: best; allowed: time",
        "'--endpoints x --output xml', output: xml; allowed: table",
        "'--endpoints x --picker nine', picker: nine; allowed: HOST:PORT",
        "'--endpoints x --secure-serving maybe', secure-serving: maybe",
        "'--bogus', Unknown option"
    })
    void wrongArgumentsAreToldInOneLine(String args, String message) {
        var run = run(args.isEmpty() ? new String[0] : args.split(" ", -1));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).startsWith("check: " + message);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aFileThatIsNotRightIsToldWithItsLine() throws Exception {
        var run = check(Files.writeString(dir.resolve("bad.yaml"), "endpoints:\n  - {name: a, port: 1}\n"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("bad.yaml:2: endpoints[0].address: missing");
    }

    @Test
    void helpIsNoError() {
        var run = run("--help");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("--endpoints", "--picker", "--strict");
    }
}
