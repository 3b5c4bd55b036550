package io.kvasir.extproc;

import static io.kvasir.extproc.GatewayClient.chat;
import static io.kvasir.extproc.GatewayClient.json;
import static io.kvasir.extproc.GatewayClient.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The picker as the last of three external processors, the first two of which cut bodies anew in both directions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EnvoyChainIT {
    private static final String FILTER = """
                  - name: envoy.filters.http.ext_proc.beforeNUMBER
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor
                      message_timeout: 300s
                      grpc_service: { envoy_grpc: { cluster_name: before } }
                      processing_mode:
                        request_header_mode: SEND
                        response_header_mode: SEND
                        request_body_mode: FULL_DUPLEX_STREAMED
                        response_body_mode: FULL_DUPLEX_STREAMED
                        request_trailer_mode: SEND
                        response_trailer_mode: SEND
""";

    private static final String CLUSTER = """
    - name: before
      type: STATIC
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
      load_assignment:
        cluster_name: before
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: PORT } } }
""";

    private ThreeEngines engines;
    private PickerFixture picker;
    private Recutter before;
    private EnvoyProcess envoy;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        EnvoyProcess.assumePresent();
        engines = new ThreeEngines();
        picker = PickerFixture.start(PickerFixture.plaintext(), PickerFixture.specs(engines.hostPorts()));
        before = new Recutter();
        envoy = EnvoyProcess.start(
                "original-dst.yaml", picker.server.port(), List.of(), false, directory, this::behindTwoOthers);
        Await.await(() -> envoy.stat("cluster.picker.membership_healthy") == 1);
    }

    private String behindTwoOthers(String config) {
        String filters = "                http_filters:\n";
        return config.replace(filters, filters + FILTER.replace("NUMBER", "1") + FILTER.replace("NUMBER", "2"))
                .replace("  clusters:\n", "  clusters:\n" + CLUSTER.replace("PORT", "" + before.port()));
    }

    @AfterAll
    void stop() {
        if (envoy != null) {
            envoy.close();
            before.close();
            picker.close();
            engines.close();
        }
    }

    @Test
    void longPromptsArriveWhole() throws IOException {
        long cut = before.chunks();

        var answer = json(send(chat(envoy.url(), "word ".repeat(40_000), false, 4)));

        assertThat(answer.path("usage").path("prompt_tokens").asInt()).isGreaterThan(30_000);
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(4);
        assertThat(before.chunks() - cut).as("200 KB, twice").isGreaterThan(400);
        assertThat(envoy.stat("http.http.ext_proc.streams_failed")).isZero();
        Await.await(() -> picker.inFlight() == 0);
    }

    @Test
    void streamsArriveWholeAndTheirUsageIsRead() throws IOException {
        var answer = send(chat(envoy.url(), "hello", true, 40));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).endsWith("data: [DONE]\n\n").contains("\"completion_tokens\":40");
        assertThat(answer.body().split("data: ", -1)).hasSizeGreaterThan(40);
        Await.await(() -> picker.inFlight() == 0);
        assertThat(envoy.stat("http.http.ext_proc.spurious_msgs_received")).isZero();
    }
}
