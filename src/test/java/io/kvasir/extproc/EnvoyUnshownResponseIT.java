package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.route.Outcome;
import io.kvasir.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real Envoy that does not show the bodies of responses, which is what it does unless told otherwise. */
class EnvoyUnshownResponseIT {
    @ParameterizedTest
    @CsvSource({
        // mode of requests, heads of responses, whether it streams, outcome
        "FULL_DUPLEX_STREAMED, SEND, false, COMPLETED",
        "FULL_DUPLEX_STREAMED, SEND, true,  COMPLETED",
        "BUFFERED,             SEND, false, COMPLETED",
        "BUFFERED,             SEND, true,  COMPLETED",
        "NONE,                 SEND, true,  COMPLETED",
        "BUFFERED,             SKIP, false, EXPIRED",
        "BUFFERED,             SKIP, true,  EXPIRED"
    })
    void successesAreBookedAsSuch(
            String requests, String heads, boolean stream, Outcome outcome, @TempDir Path directory)
            throws IOException {
        EnvoyProcess.assumePresent();
        try (var engines = new ThreeEngines();
                var picker = PickerFixture.start(PickerFixture.plaintext(), PickerFixture.specs(engines.hostPorts()));
                var envoy = EnvoyProcess.start(
                        "original-dst.yaml",
                        picker.server.port(),
                        engines.ports(),
                        false,
                        directory,
                        config -> config.replace(
                                        "request_body_mode: FULL_DUPLEX_STREAMED", "request_body_mode: " + requests)
                                .replace("response_body_mode: FULL_DUPLEX_STREAMED", "response_body_mode: NONE")
                                .replace("response_header_mode: SEND", "response_header_mode: " + heads)
                                .replace("response_trailer_mode: SEND", "response_trailer_mode: SKIP"))) {
            Await.await(() -> envoy.stat("cluster.picker.membership_healthy") == 1);
            for (int i = 0; i < 5; i++) {
                var answer = GatewayClient.send(GatewayClient.chat(envoy.url(), "hello", stream, 20));
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            }
            // a request is counted after its place is given back
            Await.await(() -> Arrays.stream(Outcome.values())
                            .mapToLong(picker.router.counts()::ended)
                            .sum()
                    == 5);
            Await.await(() -> picker.inFlight() == 0 && picker.server.counts().open() == 0);
            for (var any : Outcome.values()) {
                assertThat(picker.router.counts().ended(any)).as("%s", any).isEqualTo(any == outcome ? 5 : 0);
            }
        }
    }
}
