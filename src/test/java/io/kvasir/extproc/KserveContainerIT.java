package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.kvasir.app.BuiltProgram;
import io.kvasir.app.KserveWords;
import io.kvasir.discovery.kubernetes.Objects;
import io.kvasir.discovery.kubernetes.TestCluster;
import io.kvasir.extproc.tls.SelfSigned;
import io.kvasir.extproc.wire.proto.HealthCheckRequest;
import io.kvasir.extproc.wire.proto.HealthCheckResponse.ServingStatus;
import io.kvasir.testing.Await;
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
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built program in a service of KServe's: started with the template's own words, without a directory to write to, without
 * rights on nodes and events, without the pod's name, over an engine whose pages are https, as only the configuration says.
 */
class KserveContainerIT {
    /** What the probe of the template waits for: a first try after 5 s, then every 10 s, three times. */
    private static final long ALIVE_NANOS = 25_000_000_000L;

    private static final String PAGE = """
        vllm:num_requests_running{engine="0",model_name="m"} 3.0
        vllm:num_requests_waiting{engine="0",model_name="m"} 0.0
        vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
        """;

    @TempDir
    Path folder;

    private void pem(String name, String kind, byte[] der) throws IOException {
        Files.writeString(
                folder.resolve(name),
                "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + kind
                        + "-----\n");
    }

    private static HttpsServer engine(SelfSigned identity) throws Exception {
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("own", identity.key(), new char[0], new Certificate[] {identity.certificate()});
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, new char[0]);
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            byte[] body = exchange.getRequestURI().getPath().equals("/metrics")
                    ? PAGE.getBytes(UTF_8)
                    : "{\"object\":\"list\",\"data\":[{\"id\":\"m\"},{\"id\":\"publishers/llm/models/m\"}]}"
                            .getBytes(UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
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

    @Test
    void startsByTheTemplatesWordsAndReadsItsHttpsEngine() throws Exception {
        var identity = SelfSigned.generate(Instant.now());
        pem("tls.crt", "CERTIFICATE", identity.certificate().getEncoded());
        pem("tls.key", "PRIVATE KEY", identity.key().getEncoded());
        Path nowhere = Files.writeString(folder.resolve("file"), "").resolve("tmp");
        String config = Files.readString(Path.of("src/test/resources/picker-configs/generated-prefill-decode.yaml"))
                .replace("plugins:\n- type: disagg-headers-handler", """
                    plugins:
                    - type: metrics-data-source
                      parameters: {scheme: https, path: /metrics, insecureSkipVerify: true}
                    - type: disagg-headers-handler\
                    """);
        var ports = KvasirProcess.Ports.free();
        var engine = engine(identity);
        var channel = NettyChannelBuilder.forAddress("127.0.0.1", ports.health())
                .usePlaintext()
                .build();
        Process process = null;
        try (var cluster = new TestCluster();
                var client = HttpClient.newHttpClient()) {
            cluster.refuse("/nodes", 403);
            cluster.refuse("/events", 403);
            cluster.put(
                    Objects.pool("app: vllm", "{number: " + engine.getAddress().getPort() + "}"));
            cluster.put(Objects.pod("engine-0", "127.0.0.1"));
            var words = KserveWords.of(true, true, folder.toString(), ports.grpc(), ports.health())
                    .and("--ha-enable-leader-election", "--config-text", config, "--tracing=true");
            var log = folder.resolve("log");
            var builder = BuiltProgram.launch(List.of("-Xmx256m", "-Djava.io.tmpdir=" + nowhere), words.words());
            builder.environment().put("KUBERNETES_MASTER", cluster.url());
            builder.environment().put("KVASIR_METRICS_PORT", "" + ports.metrics());
            builder.environment().put("SSL_CERT_DIR", folder.toString());
            builder.environment().put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel-collector:4317");
            builder.environment().remove("POD_NAME");
            builder.redirectErrorStream(true).redirectOutput(log.toFile());
            long begun = System.nanoTime();
            var started = builder.start();
            process = started;

            Await.await(() -> {
                assertThat(started.isAlive()).as(() -> read(log)).isTrue();
                return health(channel, "liveness") == ServingStatus.SERVING;
            });
            assertThat(System.nanoTime() - begun).as("alive in time").isLessThan(ALIVE_NANOS);
            Await.await(() -> health(channel, "readiness") == ServingStatus.SERVING);
            Await.await(() -> page(client, ports.metrics()).contains("inference_pool_ready_pods{name=\"pool\"} 1.0"));

            assertThat(page(client, ports.metrics()))
                    .contains("inference_pool_average_running_requests{name=\"pool\"} 3.0");
            assertThat(read(log))
                    .contains("policy config")
                    .doesNotContain("--tracing has no effect")
                    .doesNotContain("unknown flag");
        } finally {
            channel.shutdownNow();
            engine.stop(0);
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
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
