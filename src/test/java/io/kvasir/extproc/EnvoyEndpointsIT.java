package io.kvasir.extproc;

import static io.kvasir.extproc.GatewayClient.chat;
import static io.kvasir.extproc.GatewayClient.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.route.Outcome;
import io.kvasir.testing.Await;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where a real Envoy takes a request when the picked endpoint refuses it or is none that Envoy knows. The picker runs in
 * this process without anything that probes endpoints: it knows only what Envoy shows.
 */
class EnvoyEndpointsIT extends EnvoyBesideEngines {
    private static final String DST = "original-dst.yaml";
    private static final String OVERRIDE = "override-host.yaml";
    private static final int REQUESTS = 20;

    EnvoyEndpointsIT() throws IOException {}

    /** Picker in this process, Envoy beside it. */
    private final class Setup implements AutoCloseable {
        final PickerFixture picker;
        final EnvoyProcess envoy;

        Setup(
                String file,
                StreamSettings streams,
                List<String> picks,
                List<Integer> known,
                UnaryOperator<String> change)
                throws IOException {
            var settings =
                    ExtProcSettings.builder().ports(0, 0).streams(streams).build();
            picker = PickerFixture.start(
                    file.equals(DST) ? settings.toBuilder().tls(null).build() : settings, PickerFixture.specs(picks));
            envoy = EnvoyProcess.start(file, picker.server.port(), known, false, directory, change);
        }

        int count(StreamEvent event) {
            return Math.toIntExact(picker.server.counts().of(event));
        }

        int ended(Outcome outcome) {
            return Math.toIntExact(picker.router.counts().ended(outcome));
        }

        /** Nothing is left over, and Envoy has no complaint about the protocol. */
        void assertClean() throws IOException {
            Await.await(() ->
                    picker.server.counts().open() == 0 && picker.inFlight() == 0 && picker.server.bodyBytes() == 0);
            assertThat(envoy.stat("http.http.ext_proc.spurious_msgs_received")).isZero();
            assertThat(envoy.stat("http.http.ext_proc.streams_failed")).isZero();
        }

        @Override
        public void close() {
            envoy.close();
            picker.close();
        }
    }

    /** Sends a request again elsewhere when its connection is refused; twice, as the fallback policy may pick the same. */
    private static String retrying(String config) {
        return config.replace(
                "idle_timeout: 0s }",
                "idle_timeout: 0s, retry_policy: { retry_on: connect-failure, num_retries: 2 } }");
    }

    /** The same ports with another in the first place. */
    private List<Integer> with(int first) {
        return List.of(first, engines.ports().get(1), engines.ports().get(2));
    }

    private static List<String> local(List<Integer> ports) {
        return ports.stream().map(port -> "127.0.0.1:" + port).toList();
    }

    private static HttpRequest select(String url, String endpoints) throws IOException {
        return HttpRequest.newBuilder(chat(url, "hello", false, 1), (_, _) -> true)
                .header(Names.TEST_SELECTION, endpoints)
                .build();
    }

    private static String served(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.headers().firstValue(Names.TEST_SERVED).orElse("");
    }

    @ParameterizedTest
    @ValueSource(strings = {DST, OVERRIDE})
    void anEndpointThatRefusesIsAvoidedFromThenOn(String file) throws IOException {
        var known = with(ReservedPorts.next());
        try (var setup = new Setup(file, StreamSettings.DEFAULT, local(known), known, UnaryOperator.identity())) {
            int refused = 0;
            for (int i = 0; i < REQUESTS; i++) {
                var response = send(chat(setup.envoy.url(), "hello", false, 1));
                if (response.statusCode() == 503) {
                    assertThat(response.body()).contains("connection failure");
                    int so = ++refused;
                    // the client may have its answer before the picker is told
                    Await.await(() -> EnvoyProcess.showsOwnReplies()
                            ? setup.count(StreamEvent.CONNECT_FAILED) == so
                            : setup.ended(Outcome.CLIENT_GONE) == so);
                } else {
                    assertThat(response.statusCode()).isEqualTo(200);
                }
            }
            if (EnvoyProcess.showsOwnReplies()) {
                assertThat(refused).isBetween(1, 3);
                assertThat(setup.ended(Outcome.CONNECT_FAILED)).isEqualTo(refused);
            } else {
                // nothing tells a refusal from a client that left: round robin goes there each third time
                assertThat(refused).isBetween(REQUESTS / 3, REQUESTS / 3 + 1);
            }
            assertThat(setup.ended(Outcome.COMPLETED)).isEqualTo(REQUESTS - refused);
            setup.assertClean();
        }
    }

    @Test
    void aRouteThatRetriesTakesAnotherEndpointAndSaysSo() throws IOException {
        var known = with(ReservedPorts.next());
        try (var setup = new Setup(OVERRIDE, StreamSettings.DEFAULT, local(known), known, EnvoyEndpointsIT::retrying)) {
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(GatewayClient.status(chat(setup.envoy.url(), "hello", false, 1)))
                        .isEqualTo(200);
            }
            setup.assertClean();
            assertThat(setup.ended(Outcome.COMPLETED)).isEqualTo(REQUESTS);
            if (EnvoyProcess.tellsWhoServed()) {
                assertThat(setup.count(StreamEvent.SERVED_ELSEWHERE)).isBetween(REQUESTS / 3, REQUESTS / 3 + 1);
            }
        }
    }

    @Test
    void aRouteThatRetriesGoesDownTheListOfFallbacks() throws IOException {
        var known = with(ReservedPorts.next());
        var streams =
                StreamSettings.builder().fallbackList(true).conformance(true).build();
        try (var setup = new Setup(OVERRIDE, streams, local(known), known, EnvoyEndpointsIT::retrying)) {
            String dead = "127.0.0.1:" + known.getFirst();
            String alive = "127.0.0.1:" + known.get(1);
            for (int i = 0; i < 6; i++) {
                var response = send(select(setup.envoy.url(), dead + "," + alive));
                // without the list, round robin would go to the third too
                assertThat(served(response))
                        .isEqualTo(EnvoyProcess.tellsWhoServed() ? alive : "fail: missing destination endpoint served");
            }
            setup.assertClean();
        }
    }

    @Test
    void whoServedIsReadBack() throws IOException {
        var streams = StreamSettings.builder().conformance(true).build();
        try (var setup = new Setup(OVERRIDE, streams, engines.hostPorts(), engines.ports(), UnaryOperator.identity())) {
            for (String chosen : engines.hostPorts()) {
                assertThat(served(send(select(setup.envoy.url(), chosen))))
                        .isEqualTo(
                                EnvoyProcess.tellsWhoServed() ? chosen : "fail: missing destination endpoint served");
            }
            assertThat(setup.count(StreamEvent.SERVED_ELSEWHERE)).isZero();
            setup.assertClean();
        }
    }

    @Test
    void aPickThatEnvoyDoesNotKnowIsServedElsewhereAndCounted() throws IOException {
        var known = with(engines.ports().get(1));
        try (var setup =
                new Setup(OVERRIDE, StreamSettings.DEFAULT, engines.hostPorts(), known, UnaryOperator.identity())) {
            for (int i = 0; i < 6; i++) {
                assertThat(GatewayClient.status(chat(setup.envoy.url(), "hello", false, 1)))
                        .isEqualTo(200);
            }
            setup.assertClean();
            assertThat(setup.count(StreamEvent.SERVED_ELSEWHERE)).isEqualTo(EnvoyProcess.tellsWhoServed() ? 2 : 0);
        }
    }
}
