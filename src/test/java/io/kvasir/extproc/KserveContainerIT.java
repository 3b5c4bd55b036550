package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.kvasir.app.BuiltProgram;
import io.kvasir.app.Confinement;
import io.kvasir.app.KserveWords;
import io.kvasir.discovery.kubernetes.Objects;
import io.kvasir.discovery.kubernetes.TestCluster;
import io.kvasir.extproc.tls.SelfSigned;
import io.kvasir.extproc.wire.proto.HealthCheckRequest;
import io.kvasir.extproc.wire.proto.HealthCheckResponse.ServingStatus;
import io.kvasir.observe.PeerFamilies;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The built program in a service of KServe's: started with the template's own words, without a directory to write to and by a
 * user that nobody knows, without rights on nodes and events, without the pod's name, over an engine whose pages are https, as
 * only the configuration says; then asked by a real Envoy.
 */
class KserveContainerIT {
    /**
     * What the probe of the template waits for: a first try after 5 s, then every 10 s, three times. Taken for what one core
     * does in that time, as other work on the machine says nothing of the program.
     */
    private static final Duration ALIVE = Duration.ofSeconds(25);

    /** What a machine that does other things may take for it. */
    private static final Duration LOADED = Duration.ofMinutes(2);

    private static final String PAGE = """
        vllm:num_requests_running{engine="0",model_name="m"} 3.0
        vllm:num_requests_waiting{engine="0",model_name="m"} 0.0
        vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
        """;

    private static final String ANSWER = """
        {"id":"1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop",\
        "message":{"role":"assistant","content":"hi"}}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}
        """;

    private static final String TO_ENGINES = """
            - name: engines
              transport_socket:
                name: envoy.transport_sockets.tls
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        """;

    @TempDir
    Path folder;

    private void pem(String name, String kind, byte[] der) throws IOException {
        Files.writeString(
                folder.resolve(name),
                "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + kind
                        + "-----\n");
    }

    private static HttpServer engine(@Nullable SelfSigned identity) throws Exception {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var server = identity == null ? HttpServer.create(address, 50) : https(identity, address);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] body = answer(exchange.getRequestURI().getPath()).getBytes(UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static String answer(String path) {
        return switch (path) {
            case "/metrics" -> PAGE;
            case "/v1/chat/completions" -> ANSWER;
            default -> "{\"object\":\"list\",\"data\":[{\"id\":\"m\"},{\"id\":\"publishers/llm/models/m\"}]}";
        };
    }

    private static HttpsServer https(SelfSigned identity, InetSocketAddress address) throws Exception {
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("own", identity.key(), new char[0], new Certificate[] {identity.certificate()});
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, new char[0]);
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        var server = HttpsServer.create(address, 50);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        return server;
    }

    private static ServingStatus health(ManagedChannel channel, String service) {
        try {
            return ClientCalls.blockingUnaryCall(
                            channel,
                            HealthService.CHECK,
                            CallOptions.DEFAULT,
                            HealthCheckRequest.newBuilder().setService(service).build())
                    .getStatus();
        } catch (StatusRuntimeException e) {
            return ServingStatus.UNKNOWN;
        }
    }

    /** Versions 0.10 and 0.9 of the template with certificates, and without. */
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true"})
    void startsByTheTemplatesWordsReadsItsEngineAndAnswersEnvoy(boolean tls, boolean rewritten) throws Exception {
        EnvoyProcess.assumePresent();
        var identity = SelfSigned.generate(Instant.now());
        pem("tls.crt", "CERTIFICATE", identity.certificate().getEncoded());
        pem("tls.key", "PRIVATE KEY", identity.key().getEncoded());
        var ports = KvasirProcess.Ports.free();
        var engine = engine(tls ? identity : null);
        int enginePort = engine.getAddress().getPort();
        var channel = NettyChannelBuilder.forAddress("127.0.0.1", ports.health())
                .usePlaintext()
                .build();
        Process process = null;
        try (var cluster = new TestCluster();
                var client = HttpClient.newHttpClient()) {
            cluster.refuse("/nodes", 403);
            cluster.refuse("/events", 403);
            cluster.put(Objects.pool("app: vllm", "{number: " + enginePort + "}"));
            cluster.put(Objects.pod("engine-0", "127.0.0.1"));
            var log = folder.resolve("log");
            var started = start(cluster, ports, words(tls, rewritten, ports), log);
            process = started;

            await().pollInterval(Duration.ofMillis(50)).atMost(LOADED).until(() -> {
                assertThat(started.isAlive()).as(() -> read(log)).isTrue();
                // or the channel waits longer after each try that came too early
                channel.resetConnectBackoff();
                return health(channel, "liveness") == ServingStatus.SERVING;
            });
            assertThat(started.info().totalCpuDuration())
                    .as("alive in time")
                    .hasValueSatisfying(spent -> assertThat(spent).isLessThan(ALIVE));
            await().atMost(LOADED).until(() -> health(channel, "readiness") == ServingStatus.SERVING);
            await().atMost(LOADED)
                    .until(() ->
                            page(client, ports.metrics()).contains("inference_pool_ready_pods{name=\"pool\"} 1.0"));

            assertThat(page(client, ports.metrics()))
                    .contains("inference_pool_average_running_requests{name=\"pool\"} 3.0");
            assertThat(read(log))
                    .contains("policy config")
                    .doesNotContain("--tracing has no effect")
                    .doesNotContain("unknown flag");
            isAskedByEnvoy(tls, ports.grpc(), enginePort);
            await().atMost(LOADED)
                    .until(() ->
                            page(client, ports.metrics()).contains("kvasir_picks_total{endpoint=\"engine-0-rank-0\""));
            String page = page(client, ports.metrics());
            // nothing has failed
            assertThat(PeerFamilies.READ)
                    .filteredOn(name -> !name.contains("request_error"))
                    .allMatch(name -> page.contains("\n" + name + "{") || page.contains("\n" + name + " "));
        } finally {
            channel.shutdownNow();
            engine.stop(0);
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
        }
    }

    private List<String> words(boolean tls, boolean rewritten, KvasirProcess.Ports ports) throws IOException {
        String config = Files.readString(Path.of("src/test/resources/picker-configs/generated-prefill-decode.yaml"));
        if (tls && rewritten) {
            config = config.replace("plugins:\n- type: disagg-headers-handler", """
                    plugins:
                    - type: metrics-data-source
                      parameters: {scheme: https, path: /metrics, insecureSkipVerify: true}
                    - type: disagg-headers-handler\
                    """);
        }
        return KserveWords.of(tls, rewritten, folder.toString(), ports.grpc(), ports.health())
                .and("--ha-enable-leader-election", "--config-text", config, "--tracing=true")
                .words();
    }

    private Process start(TestCluster cluster, KvasirProcess.Ports ports, List<String> words, Path log)
            throws IOException {
        Path nowhere = Files.writeString(folder.resolve("file"), "").resolve("tmp");
        var builder = BuiltProgram.launch(List.of("-Xmx256m", "-Djava.io.tmpdir=" + nowhere), words);
        builder.environment().put("KUBERNETES_MASTER", cluster.url());
        builder.environment().put("KVASIR_METRICS_PORT", "" + ports.metrics());
        builder.environment().put("SSL_CERT_DIR", folder.toString());
        builder.environment().put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel-collector:4317");
        builder.environment().remove("POD_NAME");
        if (Confinement.possible()) {
            Confinement.confine(builder);
        }
        return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    /** By the metadata and TLS where certificates are on, as meshes do it; by the header and in plaintext else. */
    private void isAskedByEnvoy(boolean tls, int picker, int engine) throws IOException {
        UnaryOperator<String> change = config -> tls ? config.replace("    - name: engines\n", TO_ENGINES) : config;
        String file = tls ? "override-host.yaml" : "original-dst.yaml";
        try (var envoy = EnvoyProcess.start(file, picker, tls ? List.of(engine) : List.of(), false, folder, change)) {
            await().atMost(LOADED).until(() -> envoy.stat("cluster.picker.membership_healthy") == 1);
            for (String model : List.of("m", "publishers/llm/models/m")) {
                var answer = GatewayClient.send(GatewayClient.chat(
                        envoy.url(),
                        ("{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}")
                                .getBytes(UTF_8)));
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.body()).contains("chat.completion").contains("\"hi\"");
            }
            assertThat(envoy.stat("http.http.ext_proc.streams_failed")).isZero();
            assertThat(envoy.stat("http.http.ext_proc.spurious_msgs_received")).isZero();
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String page(HttpClient client, int port) throws IOException {
        try {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
