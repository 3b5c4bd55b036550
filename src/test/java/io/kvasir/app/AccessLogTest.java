package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.app.TwoDoors.Call;
import io.kvasir.observe.AccessLog;
import io.kvasir.pool.Role;
import io.kvasir.schedule.Policy;
import io.kvasir.testing.Await;
import io.kvasir.testing.CollectedMetrics;
import io.kvasir.traffic.Door;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessLogTest {
    private static final Call CHAT = Call.post(
                    "/v1/chat/completions",
                    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a secret to be kept\"}]}")
            .with("content-type", "application/json")
            .with("x-request-id", "r-1")
            .with("x-llm-d-inference-fairness-id", "tenant-a");

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private TwoDoors doors;
    private AccessLog log;

    @BeforeEach
    void open() throws IOException {
        doors = new TwoDoors(Policy.TIME::profile, 64 << 20);
        doors.pool.apply(List.of(doors.endpoint("one", Role.BOTH, "m", 0)));
        log = new AccessLog(doors.router::nanoTime, lines::add);
        doors.router.traces(log);
    }

    @AfterEach
    void close() {
        doors.close();
        log.close();
    }

    private JsonNode only() throws IOException {
        Await.until("a line", () -> !lines.isEmpty());
        assertThat(lines).hasSize(1);
        return new ObjectMapper().readTree(lines.getFirst());
    }

    @Test
    void aRequestThroughTheProxyIsALineWithItsEndAndNothingOfItsPrompt() throws IOException {
        var passed = doors.passed(CHAT.with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .with("tracestate", "vendor=1"));

        var line = only();
        assertThat(line.get("door").asText()).isEqualTo("proxy");
        assertThat(line.get("status").asInt()).isEqualTo(200);
        assertThat(line.get("outcome").asText()).isEqualTo("completed");
        assertThat(line.get("request").asText()).isEqualTo("r-1");
        assertThat(line.get("model").asText()).isEqualTo("m");
        assertThat(line.get("endpoint").asText()).isEqualTo("one");
        assertThat(line.get("reason").asText()).isEqualTo("only-candidate");
        assertThat(line.get("placements").asInt()).isEqualTo(1);
        assertThat(line.get("promptTokensEstimated").asLong()).isPositive();
        assertThat(line.get("predictedSeconds").asDouble()).isPositive();
        assertThat(line.get("tokens").asText()).isEqualTo("estimate");
        assertThat(line.get("prefixView").asText()).isEqualTo("approximate");
        assertThat(line.get("predictedCachedTokens").asInt()).isZero();
        assertThat(line.has("prediction")).isFalse();
        assertThat(line.get("seconds").asDouble()).isPositive();
        assertThat(lines.getFirst()).doesNotContain("secret");
        // it is no trace, and leaves the client's alone
        assertThat(passed.get("traceparent"))
                .containsExactly("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        assertThat(passed.get("tracestate")).containsExactly("vendor=1");
    }

    @Test
    void aRequestThroughThePickerIsALineWithItsTenant() throws IOException {
        doors.picked(CHAT, TwoDoors.DUPLEX);

        var line = only();
        assertThat(line.get("door").asText()).isEqualTo("ext-proc");
        assertThat(line.get("tenant").asText()).isEqualTo("tenant-a");
        assertThat(line.get("endpoint").asText()).isEqualTo("one");
        assertThat(line.get("outcome").asText()).isEqualTo("unseen");
    }

    @Test
    void aRefusalIsALineWithItsReason() throws IOException {
        doors.pool.apply(List.of());
        doors.proxied(CHAT);

        var line = only();
        assertThat(line.get("status").asInt()).isEqualTo(503);
        assertThat(line.get("outcome").asText()).isEqualTo("pool-empty");
        assertThat(line.has("endpoint")).isFalse();
    }

    @Test
    void whatComesTooFastIsLeftOutAndCounted() {
        var held = new CountDownLatch(1);
        try (var slow = new AccessLog(System::nanoTime, line -> {
            try {
                held.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        })) {
            for (int i = 0; i < 10_000; i++) {
                var trace = slow.begin(Door.PROXY, null, null);
                trace.end(200);
                trace.end(200);
            }
            // one is being written, and 4,096 wait
            assertThat(CollectedMetrics.of(slow::describe).value("kvasir_access_log_lines_total{result=dropped}"))
                    .isBetween(10_000.0 - 4_098, 10_000.0 - 4_096);
            held.countDown();
        }
    }
}
