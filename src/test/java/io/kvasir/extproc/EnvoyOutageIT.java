package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.extproc.GatewayLoad.Answer;
import io.kvasir.extproc.wire.proto.HealthCheckResponse.ServingStatus;
import io.kvasir.request.Refusal;
import io.kvasir.testing.Await;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kvasir killed, stopped and started again behind a real Envoy under load, failing open and closed. */
class EnvoyOutageIT extends EnvoyBesideEngines {
    private static final String DST = "original-dst.yaml";
    private static final String OVERRIDE = "override-host.yaml";
    private static final int ENOUGH = 8;
    private static final int LONG = 600;
    private static final Pattern HEALTH_CHECK =
            Pattern.compile(" +common_lb_config:.*\n|( +)health_checks:\n(?:\\1 +.*\n)+");

    private static final int BEFORE = 0;
    private static final int DURING = 1;
    private static final int AWAY = 2;
    private static final int RETURNING = 3;
    private static final int BACK = 4;

    EnvoyOutageIT() throws IOException {}

    private EnvoyProcess envoy(String file, int picker, boolean failOpen) throws IOException {
        return EnvoyProcess.start(file, picker, engines.ports(), failOpen, directory);
    }

    private KvasirProcess kvasir(KvasirProcess.Ports ports) throws IOException {
        return KvasirProcess.start(ports, true, engines.file(directory), directory);
    }

    private static boolean sees(EnvoyProcess envoy, boolean healthy) throws IOException {
        return envoy.stat("cluster.picker.membership_healthy") == (healthy ? 1 : 0);
    }

    private static int post(EnvoyProcess envoy) throws IOException {
        return GatewayClient.status(GatewayClient.chat(envoy.url(), "hello", false, 1));
    }

    private static int get(EnvoyProcess envoy) throws IOException {
        return GatewayClient.status(GatewayClient.models(envoy.url()));
    }

    /** The same with head and body in one write: Envoy has all of it before it can find out anything about the picker. */
    private static int postAtOnce(EnvoyProcess envoy) throws IOException {
        byte[] body = GatewayClient.chatBody("hello", false, 1);
        var all = new ByteArrayOutputStream();
        all.write(("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                        + "content-type: application/json\r\ncontent-length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        all.write(body);
        var url = URI.create(envoy.url());
        try (var socket = new Socket(url.getHost(), url.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(all.toByteArray());
            var answer = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            return Integer.parseInt(answer.readLine().substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        }
    }

    /** An answer that runs while the picker goes away. */
    private static final class LongStream implements AutoCloseable {
        private final BufferedReader lines;

        /** Returns when its first token is there. */
        LongStream(EnvoyProcess envoy) throws IOException, InterruptedException {
            HttpResponse<InputStream> response = GatewayClient.HTTP.send(
                    GatewayClient.chat(envoy.url(), "hello", true, LONG), HttpResponse.BodyHandlers.ofInputStream());
            lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
            assertThat(lines.readLine()).startsWith("data: ");
        }

        /** What is left of it; ends with null where it was broken off. */
        String last() {
            String last = "";
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    last = line.isEmpty() ? last : line;
                }
                return last;
            } catch (IOException e) {
                return "broken off";
            }
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }

    private static Predicate<Answer> served() {
        return answer -> answer.status() == 200 && answer.complete();
    }

    /** As fail-close answers: status 500, nothing else. */
    private static Predicate<Answer> refused() {
        return answer -> answer.status() == 500 && answer.complete();
    }

    private static void assertOnly(Predicate<Answer> expected, List<Answer> answers) {
        assertThat(answers).isNotEmpty();
        assertThat(answers).filteredOn(expected.negate()).isEmpty();
    }

    /** Another picker in the place of the one that went, until load that it serves is over; its books are closed then. */
    private void comesBack(KvasirProcess.Ports ports, EnvoyProcess envoy, GatewayLoad load) throws Exception {
        load.nextPhase();
        try (var second = kvasir(ports)) {
            Await.await(() -> sees(envoy, true));
            Await.await(() -> post(envoy) == 200 && second.events(StreamEvent.PICKED) > 0);
            load.nextPhase();
            load.await(ENOUGH);
            load.stop();
            Await.await(() -> second.metric("kvasir_ext_proc_streams") == 0);
            assertThat(second.metric("kvasir_endpoint_requests_in_flight")).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aKilledPickerCostsWhatIsUnderWayAndComesBack(boolean failOpen) throws Exception {
        var ports = KvasirProcess.Ports.free();
        try (var first = kvasir(ports);
                var envoy = envoy(OVERRIDE, ports.grpc(), failOpen)) {
            Await.await(() -> sees(envoy, true));
            try (var load = new GatewayLoad(envoy.url(), engines.url());
                    var stream = new LongStream(envoy)) {
                load.await(ENOUGH);

                load.nextPhase();
                first.kill();
                Await.await(() -> sees(envoy, false));
                Await.await(() -> post(envoy) == (failOpen ? 200 : 500));
                load.nextPhase();
                load.await(ENOUGH);
                assertThat(stream.last()).isEqualTo("broken off");

                comesBack(ports, envoy, load);

                // what was under way is cut or refused, never an answer with a part missing
                Predicate<Answer> lost = refused().or(Answer::cut);
                assertOnly(served().or(lost), load.answers(BEFORE));
                assertOnly(served().or(lost), load.answers(DURING));
                assertOnly(failOpen ? served() : refused(), load.answers(AWAY));
                assertOnly(failOpen ? served() : served().or(refused()), load.answers(RETURNING));
                assertOnly(served(), load.answers(BACK));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStoppedPickerLosesNothingAndComesBack(boolean failOpen) throws Exception {
        var ports = KvasirProcess.Ports.free();
        try (var first = kvasir(ports);
                var envoy = envoy(OVERRIDE, ports.grpc(), failOpen)) {
            Await.await(() -> sees(envoy, true));
            try (var load = new GatewayLoad(envoy.url(), engines.url());
                    var stream = new LongStream(envoy)) {
                load.await(ENOUGH);

                load.nextPhase();
                first.terminate();
                Await.await(() -> first.health() == ServingStatus.NOT_SERVING);
                Await.await(() -> sees(envoy, false));
                assertThat(first.alive()).isTrue();
                Await.await(() -> post(envoy) == (failOpen ? 200 : 500));
                load.nextPhase();
                load.await(ENOUGH);
                assertThat(stream.last()).isEqualTo("data: [DONE]");
                Await.await(() -> !first.alive());

                comesBack(ports, envoy, load);

                assertOnly(served(), load.answers(BEFORE));
                assertOnly(failOpen ? served() : served().or(refused()), load.answers(DURING));
                assertOnly(failOpen ? served() : refused(), load.answers(AWAY));
                assertOnly(failOpen ? served() : served().or(refused()), load.answers(RETURNING));
                assertOnly(served(), load.answers(BACK));
            }
        }
    }

    /** Envoy alone: what its settings are good for while no picker runs. */
    @ParameterizedTest
    @CsvSource({
        // file, fail open, health check, status of a GET, status of a POST
        OVERRIDE + ", false, true,  500, 500",
        OVERRIDE + ", true,  true,  200, 200",
        OVERRIDE + ", false, false, 500, 500",
        // the body is given to the picker before the picker is found missing, and gone
        OVERRIDE + ", true,  false, 200, 500",
        // nobody says where to go
        DST + ",      true,  true,  503, 503",
    })
    void withoutPickerRequestsFailAsConfigured(String file, boolean failOpen, boolean check, int get, int post)
            throws IOException {
        try (var envoy = EnvoyProcess.start(
                file,
                KvasirProcess.Ports.free().grpc(),
                engines.ports(),
                failOpen,
                directory,
                config -> check ? config : HEALTH_CHECK.matcher(config).replaceAll(""))) {
            assertThat(envoy.stat("cluster.picker.membership_healthy")).isEqualTo(check ? 0 : 1);
            assertThat(List.of(get(envoy), postAtOnce(envoy))).isEqualTo(List.of(get, post));
        }
    }

    /** What the picker refuses is an answer, not a failure: nothing opens for it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRefusalReachesTheClientHoweverEnvoyFails(boolean failOpen) throws IOException {
        var settings = ExtProcSettings.builder()
                .ports(0, 0)
                .streams(StreamSettings.builder().conformance(true).build())
                .build();
        try (var picker = PickerFixture.start(settings, PickerFixture.specs(engines.hostPorts()));
                var envoy = envoy(OVERRIDE, picker.server.port(), failOpen)) {
            Await.await(() -> sees(envoy, true));
            for (var request :
                    List.of(GatewayClient.models(envoy.url()), GatewayClient.chat(envoy.url(), "hello", false, 1))) {
                // at the headers, and after the body
                var response = GatewayClient.send(HttpRequest.newBuilder(request, (_, _) -> true)
                        .header(Names.TEST_SELECTION, "10.9.9.9")
                        .build());
                assertThat(response.statusCode()).isEqualTo(503);
                assertThat(response.headers().firstValue(Refusal.REASON_HEADER)).hasValue("rejected-no-endpoints");
                assertThat(GatewayClient.JSON
                                .readTree(response.body())
                                .at("/error/message")
                                .asText())
                        .isNotEmpty();
            }
        }
    }
}
