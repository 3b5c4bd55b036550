package io.kvasir.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.grpc.netty.NettyChannelBuilder;
import io.kvasir.extproc.Messages;
import io.kvasir.extproc.ProxyCall;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.Metadata;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built program sends spans of both doors to a collector, and nothing else. */
class TracingIT {
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String TRACEPARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

    @TempDir
    private Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private HttpServer engine;
    private @Nullable Process process;
    private final int http = ReservedPorts.next();
    private final int grpc = ReservedPorts.next();
    private final int metrics = ReservedPorts.next();

    @BeforeEach
    void open() throws IOException {
        engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        engine.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] body =
                    "{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":2}}}"
                            .getBytes(UTF_8);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        engine.start();
    }

    @AfterEach
    void close() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
        engine.stop(0);
        client.close();
    }

    private void start(Map<String, String> variables) throws IOException {
        var endpoints = Files.writeString(
                folder.resolve("endpoints.yaml"),
                "endpoints: [{name: one, address: 127.0.0.1, port: "
                        + engine.getAddress().getPort() + ", model: m}]\n");
        var program = BuiltProgram.serve(
                List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"),
                new ArrayList<>(List.of(
                        "--mode=both",
                        "--http-host=127.0.0.1",
                        "--http-port=" + http,
                        "--grpc-port=" + grpc,
                        "--grpc-health-port=0",
                        "--metrics-port=" + metrics,
                        "--secure-serving=false",
                        "--tracing=true",
                        "--endpoints",
                        endpoints.toString())));
        program.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
        program.environment().putAll(variables);
        var started = BuiltProgram.printingTo(folder, program).start();
        process = started;
        await().atMost(Duration.ofSeconds(60)).until(() -> !started.isAlive() || ready());
        assertThat(started.isAlive()).as(() -> BuiltProgram.printed(folder)).isTrue();
    }

    private boolean ready() {
        try {
            return get(metrics, "/q/health/ready").contains("\"UP\"");
        } catch (IOException e) {
            return false;
        }
    }

    private String get(int port, String path) throws IOException {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)));
    }

    private void chat() throws IOException {
        var body = send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("traceparent", TRACEPARENT)
                .POST(HttpRequest.BodyPublishers.ofString(CHAT)));
        assertThat(body).contains("usage");
    }

    private String send(HttpRequest.Builder request) throws IOException {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void pick() {
        var channel =
                NettyChannelBuilder.forAddress("127.0.0.1", grpc).usePlaintext().build();
        try {
            var call = new ProxyCall(channel);
            call.send(new ProxyMessage.Headers(
                    Direction.REQUEST,
                    Messages.headers(
                            false, ":method", "POST", ":path", "/v1/chat/completions", "traceparent", TRACEPARENT),
                    Metadata.getDefaultInstance(),
                    Messages.modes(BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.NONE),
                    false));
            call.send(Messages.requestBody(CHAT, true));
            assertThat(call.answer().toString()).contains("traceparent");
            call.cancel();
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void spansOfBothDoorsReachACollectorOverGrpcAndNoneOfTheManagementPort() throws IOException {
        try (var collector = OtlpCollector.overGrpc()) {
            // as platforms set them, more than is needed included
            start(Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    collector.endpoint(),
                    "OTEL_TRACES_EXPORTER",
                    "otlp",
                    "OTEL_METRICS_EXPORTER",
                    "otlp",
                    "OTEL_TRACES_SAMPLER",
                    "parentbased_traceidratio",
                    "OTEL_TRACES_SAMPLER_ARG",
                    "0.05",
                    "OTEL_SERVICE_NAME",
                    "picker",
                    "OTEL_BSP_SCHEDULE_DELAY",
                    "100"));
            get(metrics, "/api/endpoints");

            chat();
            pick();

            await().atMost(Duration.ofSeconds(30)).until(() -> collector.spans().size() >= 2);
            assertThat(collector.spans()).hasSize(2).allSatisfy(span -> {
                assertThat(span.traceId()).isEqualTo(TRACE);
                assertThat(span.parentId()).isEqualTo("b7ad6b7169203331");
                assertThat(span.name()).isEqualTo("chat m");
                assertThat(span.service()).isEqualTo("picker");
                assertThat(span.attributes())
                        .containsEntry("kvasir.endpoint", "one")
                        .containsEntry("kvasir.policy", "time")
                        .containsKeys("kvasir.predicted.seconds", "kvasir.decision.reason");
            });
            assertThat(collector.spans())
                    .extracting(span -> span.attributes().get("kvasir.door"))
                    .containsExactlyInAnyOrder("proxy", "ext-proc");
            assertThat(collector.spans())
                    .filteredOn(span -> "proxy".equals(span.attributes().get("kvasir.door")))
                    .singleElement()
                    .satisfies(span -> assertThat(span.attributes())
                            .containsEntry("gen_ai.usage.input_tokens", "7")
                            .containsEntry("gen_ai.usage.cache_read.input_tokens", "2")
                            .containsEntry("gen_ai.usage.output_tokens", "3")
                            .containsEntry("kvasir.outcome", "completed"));
            await().until(() -> get(metrics, "/metrics").contains("kvasir_spans_total{result=\"exported\"} 2.0"));
            assertThat(get(metrics, "/metrics")).contains("kvasir_traced_requests_total{sampled=\"true\"} 2.0");
        }
    }

    @Test
    void spansThatWaitReachTheirCollectorWhenTheProgramStops() throws IOException {
        try (var collector = OtlpCollector.overGrpc()) {
            start(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint(), "OTEL_BSP_SCHEDULE_DELAY", "600000"));
            chat();
            var stopped = Objects.requireNonNull(process);
            stopped.destroy();
            stopped.onExit().join();

            assertThat(collector.spans())
                    .singleElement()
                    .satisfies(span -> assertThat(span.attributes()).containsEntry("kvasir.outcome", "completed"));
        }
    }

    @Test
    void aCollectorThatTakesConnectionsAndSaysNothingIsToldOfAndCostsItsSpansOnly() throws IOException {
        try (var hangs = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            start(Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    "http://127.0.0.1:" + hangs.getLocalPort(),
                    "OTEL_EXPORTER_OTLP_TIMEOUT",
                    "200",
                    "OTEL_BSP_EXPORT_TIMEOUT",
                    "1000",
                    "OTEL_BSP_SCHEDULE_DELAY",
                    "100"));
            for (int i = 1; i <= 2; i++) {
                chat();
                double lost = i;
                await().until(() -> get(metrics, "/metrics").contains("kvasir_spans_total{result=\"lost\"} " + lost));
            }
            assertThat(BuiltProgram.printed(folder).lines().filter(line -> line.contains("collector")))
                    .singleElement()
                    .asString()
                    .contains("spans do not reach their collector");
            assertThat(BuiltProgram.printed(folder)).doesNotContain("\tat ");
        }
    }

    @Test
    void aCollectorThatRefusesIsToldOfOnceAndCostsItsSpansOnly() throws IOException {
        try (var collector = OtlpCollector.overHttp()) {
            collector.answer(400);
            start(Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    collector.endpoint(),
                    "OTEL_EXPORTER_OTLP_PROTOCOL",
                    "http/protobuf",
                    "OTEL_BSP_SCHEDULE_DELAY",
                    "100"));
            for (int i = 1; i <= 3; i++) {
                chat();
                double lost = i;
                await().until(() -> get(metrics, "/metrics").contains("kvasir_spans_total{result=\"lost\"} " + lost));
            }
            collector.answer(200);
            chat();
            await().until(() -> collector.spans().size() == 1);
            await().until(() -> get(metrics, "/metrics").contains("kvasir_spans_total{result=\"exported\"} 1.0"));

            assertThat(BuiltProgram.printed(folder).lines().filter(line -> line.contains("collector")))
                    .hasSize(2)
                    .satisfiesExactly(
                            line -> assertThat(line).contains("spans do not reach their collector"),
                            line -> assertThat(line).contains("spans reach their collector again"));
            assertThat(BuiltProgram.printed(folder)).doesNotContain("\tat ");
        }
    }
}
