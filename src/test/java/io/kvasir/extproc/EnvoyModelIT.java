package io.kvasir.extproc;

import static io.kvasir.extproc.GatewayClient.JSON;
import static io.kvasir.extproc.GatewayClient.json;
import static io.kvasir.extproc.GatewayClient.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.testing.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model with another name for clients than for engines, behind a real Envoy in every body mode. */
class EnvoyModelIT {
    private static final String ALIAS = "the-name-that-clients-know";

    @ParameterizedTest
    @ValueSource(strings = {"FULL_DUPLEX_STREAMED", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL"})
    void clientsSeeTheirNameAndEnginesTheirs(String mode, @TempDir Path directory) throws IOException {
        EnvoyProcess.assumePresent();
        try (var engines = new ThreeEngines();
                var picker = PickerFixture.start(PickerFixture.plaintext(), PickerFixture.specs(engines.hostPorts()));
                var envoy = EnvoyProcess.start(
                        "original-dst.yaml",
                        picker.server.port(),
                        engines.ports(),
                        false,
                        directory,
                        config -> config.replace("body_mode: FULL_DUPLEX_STREAMED", "body_mode: " + mode))) {
            Await.await(() -> envoy.stat("cluster.picker.membership_healthy") == 1);

            var whole = send(chat(envoy.url(), false));
            assertThat(json(whole).path("model").asText()).isEqualTo(ALIAS);
            assertThat(whole.headers().firstValue("content-length").map(Integer::parseInt))
                    .as("the body's length, where Envoy tells it")
                    .matches(length ->
                            length.isEmpty() || length.get() == whole.body().length());

            var events = send(chat(envoy.url(), true));
            assertThat(events.statusCode()).isEqualTo(200);
            int named = 0;
            for (String line : events.body().lines().toList()) {
                if (line.startsWith("data: {")) {
                    assertThat(JSON.readTree(line.substring(6)).path("model").asText())
                            .isEqualTo(ALIAS);
                    named++;
                }
            }
            assertThat(named).isGreaterThan(5);
            assertThat(events.body()).endsWith("data: [DONE]\n\n").doesNotContain(SimulatedPool.DEFAULT_MODEL);

            var counts = picker.server.counts();
            Await.await(() -> counts.open() == 0 && picker.inFlight() == 0);
            assertThat(counts.of(StreamEvent.MODEL_REWRITTEN)).isEqualTo(2);
            assertThat(counts.of(StreamEvent.MODEL_RESTORED)).isEqualTo(2);
            assertThat(counts.of(StreamEvent.OUT_OF_ORDER)).isZero();
            assertThat(counts.of(StreamEvent.FAILED)).isZero();
            assertThat(envoy.stat("http.http.ext_proc.spurious_msgs_received")).isZero();
            assertThat(envoy.stat("http.http.ext_proc.streams_failed")).isZero();
        }
    }

    private static HttpRequest chat(String url, boolean stream) throws IOException {
        var body = (ObjectNode) JSON.readTree(GatewayClient.chatBody("hello", stream, 8));
        body.put("model", ALIAS);
        return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("x-llm-d-model-name-rewrite", SimulatedPool.DEFAULT_MODEL)
                .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
                .build();
    }
}
