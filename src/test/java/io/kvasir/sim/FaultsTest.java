package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.sim.http.Faults;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String ONE = "h200-0";
    private static SimulatedPool pool;
    private static SimClient client;
    private static SimClient other;

    @BeforeAll
    static void start() throws Exception {
        pool = SimulatedPool.builder()
                .pool("h200=2")
                .timeScale(10)
                .eventLoops(2)
                .start();
        client = new SimClient(pool.endpoints().get(0));
        other = new SimClient(pool.endpoints().get(1));
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @AfterEach
    void mend() throws Exception {
        pool.faults(ONE, Faults.NONE);
        client.await("answers", 0);
        assertThat(client.state("evictions")).isZero();
        assertThat(client.state("freeBlocks")).isEqualTo(client.state("blocks"));
    }

    private static String chat(int tokens, boolean stream) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"fault\"}],\"ignore_eos\":true,\"max_tokens\":" + tokens
                + ",\"stream\":" + stream + "}";
    }

    private static int status(String body) throws Exception {
        return client.post(CHAT, body).statusCode();
    }

    @Test
    void aClientThatLeavesIsAbortedAtOnce() throws Exception {
        long before = client.state("aborted");
        var request = client.streaming(CHAT, chat(100_000, true)).build();
        var answer = client.http().send(request, HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.body().read()).isEqualTo('d');
        assertThat(client.state("running")).isEqualTo(1);
        answer.body().close();

        client.await("running", 0);
        assertThat(client.state("aborted")).isEqualTo(before + 1);
    }

    @Test
    void aClientThatLeavesBeforeAnUnstreamedAnswerIsAbortedToo() throws Exception {
        var future = client.http()
                .sendAsync(client.streaming(CHAT, chat(100_000, false)).build(), HttpResponse.BodyHandlers.ofString());
        client.await("running", 1);
        future.cancel(true);
        client.await("running", 0);
    }

    @Test
    void aStuckEngineAcceptsAndAnswersWhenMended() throws Exception {
        pool.faults(ONE, Faults.hanging());
        var future = client.http()
                .sendAsync(client.streaming(CHAT, chat(2, false)).build(), HttpResponse.BodyHandlers.ofString());
        client.await("waiting", 1);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        assertThat(client.metric("vllm:num_requests_waiting{")).isEqualTo(1);
        assertThat(future).isNotDone();

        pool.faults(ONE, Faults.NONE);
        assertThat(future.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void aRefusingEngineRefusesConnectionsUntilMendedThroughAnother() throws Exception {
        assertThat(client.post("/admin/faults", "{\"refuse\":true}").statusCode())
                .isEqualTo(200);
        // connections that were open are cut first
        assertThatThrownBy(() -> {
                    while (true) {
                        try {
                            client.get("/health");
                        } catch (ConnectException e) {
                            throw e;
                        } catch (IOException cut) {
                            assertThat(cut).isNotNull();
                        }
                    }
                })
                .isInstanceOf(ConnectException.class);

        assertThat(other.post("/admin/faults?engine=" + ONE, "{}").statusCode()).isEqualTo(200);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void aDyingEngineResetsTheStreamAfterItsTokens() throws Exception {
        pool.faults(ONE, Faults.dyingAfter(3));
        var received = new ByteArrayOutputStream();
        var body = chat(1000, true);
        var port = pool.endpoints().get(0).port();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n"
                                    + body)
                            .getBytes(StandardCharsets.UTF_8));
            assertThatThrownBy(() -> socket.getInputStream().transferTo(received))
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }

        var events = received.toString(StandardCharsets.UTF_8);
        var tokens = events.lines().filter(l -> l.contains("\"content\":\" ")).count();
        assertThat(tokens).isGreaterThanOrEqualTo(3).isLessThan(1000);
        assertThat(events).doesNotContain("[DONE]");
    }

    @Test
    void aDyingEngineResetsAnUnstreamedAnswerBeforeItsFirstByte() {
        pool.faults(ONE, Faults.dyingAfter(3));
        assertThatThrownBy(() -> client.post(CHAT, chat(10, false))).isInstanceOf(IOException.class);
    }

    @Test
    void theErrorRateIsKeptExactly() throws Exception {
        pool.faults(ONE, Faults.failing(503, 0.25));
        int failed = 0;
        for (int i = 0; i < 20; i++) {
            failed += status(chat(1, false)) == 503 ? 1 : 0;
        }
        assertThat(failed).isEqualTo(5);

        pool.faults(ONE, Faults.failing(429, 1));
        var refused = client.post(CHAT, chat(1, true));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("retry-after")).isPresent();
        assertThat(client.json(refused).at("/error/code").asInt()).isEqualTo(429);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void staleMetricsDoNotChange() throws Exception {
        pool.faults(ONE, Faults.frozenMetrics());
        var before = client.get("/metrics").body();
        assertThat(status(chat(3, false))).isEqualTo(200);
        assertThat(client.get("/metrics").body()).isEqualTo(before);

        pool.faults(ONE, Faults.NONE);
        assertThat(client.get("/metrics").body()).isNotEqualTo(before);
    }

    @Test
    void aWrongContentLengthEndsInACutBody() {
        pool.faults(ONE, Faults.lyingAboutLength());
        assertThatThrownBy(() -> client.post(CHAT, chat(3, false))).isInstanceOf(IOException.class);
    }

    @Test
    void aSlowEngineTakesItsFactorOfSimulatedTime() throws Exception {
        status(chat(50, false));
        double before =
                client.json(client.get("/admin/state")).path("busySeconds").asDouble();
        status(chat(50, false));
        double normal =
                client.json(client.get("/admin/state")).path("busySeconds").asDouble() - before;
        pool.faults(ONE, Faults.NONE.withSlow(4));
        status(chat(50, false));
        double slow =
                client.json(client.get("/admin/state")).path("busySeconds").asDouble() - before - normal;

        assertThat(slow / normal).isBetween(3.9, 4.1);
    }

    @Test
    void unknownFaultsAndValuesAreRefusedByName() throws Exception {
        var unknown = client.post("/admin/faults", "{\"slwo\":2}");
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(unknown.body()).contains("slwo").contains("staleMetrics");
        assertThat(client.post("/admin/faults", "{\"slow\":0}").body()).contains("slow");
        assertThat(client.post("/admin/faults", "{\"slow\":\"fast\"}").statusCode())
                .isEqualTo(400);
        assertThat(client.post("/admin/faults?engine=nobody", "{}").statusCode())
                .isEqualTo(404);
        assertThatThrownBy(() -> pool.faults("nobody", Faults.NONE)).hasMessageContaining(ONE);
    }

    @Test
    void faultsCanBeReadBack() throws Exception {
        client.post("/admin/faults", "{\"slow\":2.5,\"staleMetrics\":true}");
        var faults = client.json(client.get("/admin/faults"));
        assertThat(faults.path("slow").asDouble()).isEqualTo(2.5);
        assertThat(faults.path("staleMetrics").asBoolean()).isTrue();
        assertThat(faults.path("stuck").asBoolean()).isFalse();
    }
}
