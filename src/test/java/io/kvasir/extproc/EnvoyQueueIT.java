package io.kvasir.extproc;

import static io.kvasir.extproc.GatewayClient.JSON;
import static io.kvasir.extproc.GatewayClient.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.TestAdmission;
import io.kvasir.admission.TestAdmission.Mode;
import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.request.Refusals;
import io.kvasir.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients of a real Envoy are told whose requests wait, and that those that are let go are served. */
class EnvoyQueueIT {
    private static HttpRequest chat(String url) throws IOException {
        return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(GatewayClient.chatBody("hello", false, 4)))
                .build();
    }

    private static Future<HttpResponse<String>> later(HttpRequest request) {
        var answer = new FutureTask<>(() -> send(request));
        Thread.ofVirtual().start(answer);
        return answer;
    }

    private static void assertTold(
            HttpResponse<String> told, int status, String code, String reason, int seconds, int millis)
            throws IOException {
        assertThat(told.statusCode()).isEqualTo(status);
        assertThat(told.headers().firstValue("x-llm-d-request-dropped-reason")).contains(reason);
        assertThat(told.headers().firstValue("retry-after")).contains(String.valueOf(seconds));
        assertThat(told.headers().firstValue("retry-after-ms")).contains(String.valueOf(millis));
        assertThat(JSON.readTree(told.body()).path("error").path("code").asText())
                .isEqualTo(code);
    }

    private static HttpResponse<String> answer(Future<HttpResponse<String>> awaited) throws Exception {
        return awaited.get(60, TimeUnit.SECONDS);
    }

    /** One that gives neither pickers nor engines up, however slow the machine is, nor this picker while it has no pool. */
    private static String patient(String config) {
        return config.replace("envoy.service.ext_proc.v3.ExternalProcessor }", "liveness }")
                .replace(" timeout: 10s", " timeout: 1000s")
                .replace("- timeout: 2s", "- timeout: 60s")
                .replace("connect_timeout: 2s", "connect_timeout: 60s");
    }

    /** The answer to a request that is made to make room while an engine says nothing. */
    private static HttpResponse<String> evicted(String url, TestAdmission admission) throws Exception {
        admission.booked().clear();
        var inFlight = later(chat(url));
        Await.until("an answer to what was evicted", () -> {
            admission.booked().forEach(one -> one.evict(Refusals.evicted(1_500)));
            return inFlight.isDone();
        });
        return answer(inFlight);
    }

    @Test
    void everyRefusalHasStatusReasonAndTimesAndWhoIsLetGoIsServed(@TempDir Path directory) throws Exception {
        EnvoyProcess.assumePresent();
        try (var engines = new ThreeEngines();
                var picker = PickerFixture.start(PickerFixture.plaintext(), PickerFixture.specs(engines.hostPorts()));
                var envoy = EnvoyProcess.start(
                        "original-dst.yaml",
                        picker.server.port(),
                        engines.ports(),
                        false,
                        directory,
                        EnvoyQueueIT::patient)) {
            Await.await(() -> envoy.stat("cluster.picker.membership_healthy") == 1);
            var admission = new TestAdmission(Mode.REFUSE);
            picker.router.admission(admission);
            assertTold(send(chat(envoy.url())), 429, "saturated", "rejected-saturated", 7, 7_000);

            admission.mode(Mode.HOLD);
            admission.patience(100_000_000);
            assertTold(send(chat(envoy.url())), 429, "wait_expired", "rejected-ttl-expired", 1, 1_000);
            var _ = admission.held();

            admission.patience(Long.MAX_VALUE);
            var waits = later(chat(envoy.url()));
            admission.letGo(admission.held());
            assertThat(answer(waits).statusCode()).isEqualTo(200);

            var pool = picker.router.pool();
            var time = new TimeModel(ModelCatalogue.load());
            var settings =
                    FlowSettings.DEFAULT.toBuilder().noEndpointSeconds(0.1).build();
            pool.apply(List.of());
            var flow = new FlowControl(
                    settings, pool, time, 2_000_000_000L, System::nanoTime, () -> new SplittableRandom(1));
            picker.router.admission(flow);
            var nobody = later(chat(envoy.url()));
            Await.await(() -> {
                flow.tick();
                return nobody.isDone();
            });
            var none = answer(nobody);
            assertThat(none.statusCode()).isEqualTo(503);
            assertThat(none.headers().firstValue("x-llm-d-request-dropped-reason"))
                    .contains("rejected-no-endpoints");
            assertThat(Long.parseLong(
                            none.headers().firstValue("retry-after-ms").orElse("0")))
                    .isPositive();

            try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
                pool.apply(PickerFixture.specs(List.of("127.0.0.1:" + silent.getLocalPort())));
                admission.mode(Mode.ADMIT);
                picker.router.admission(admission);
                assertTold(evicted(envoy.url(), admission), 429, "evicted", "evicted-priority", 2, 1_500);

                admission.mode(Mode.HOLD);
                var held = later(chat(envoy.url()));
                var _ = admission.held();
                picker.server.stop(Duration.ZERO);
                var stopped = answer(held);
                assertThat(stopped.statusCode()).isEqualTo(503);
                assertThat(stopped.headers().firstValue("x-llm-d-request-dropped-reason"))
                        .contains("rejected-shutting-down");
                assertThat(stopped.headers().firstValue("retry-after")).contains("1");
            }
            Await.until("that nothing is in flight", () -> picker.inFlight() == 0);
        }
    }
}
