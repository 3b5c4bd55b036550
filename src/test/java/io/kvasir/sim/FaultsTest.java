package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kvasir.sim.http.Fault;
import io.kvasir.sim.http.Faults;
import io.kvasir.testing.ReservedPorts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
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
                .basePort(ReservedPorts.next(2))
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
        pool.faults(ONE, Faults.NONE.with(Fault.STUCK));
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
        pool.faults(ONE, Faults.NONE.with(Fault.DIE_AFTER_TOKENS, 3));
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
        pool.faults(ONE, Faults.NONE.with(Fault.DIE_AFTER_TOKENS, 3));
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
        pool.faults(ONE, Faults.NONE.with(Fault.STALE_METRICS));
        var before = client.get("/metrics").body();
        assertThat(status(chat(3, false))).isEqualTo(200);
        assertThat(client.get("/metrics").body()).isEqualTo(before);

        pool.faults(ONE, Faults.NONE);
        assertThat(client.get("/metrics").body()).isNotEqualTo(before);
    }

    @Test
    void aWrongContentLengthEndsInACutBody() {
        pool.faults(ONE, Faults.NONE.with(Fault.WRONG_CONTENT_LENGTH));
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
        pool.faults(ONE, Faults.NONE.with(Fault.SLOW, 4));
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

    /** Bytes of everything an engine says on one connection to the given bytes, until it closes or falls silent. */
    private static String raw(String said, int millis) throws IOException {
        try (var socket = new Socket(
                InetAddress.getLoopbackAddress(), pool.endpoints().get(0).port())) {
            socket.setSoTimeout(millis);
            socket.getOutputStream().write(said.getBytes(StandardCharsets.UTF_8));
            var heard = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(heard);
            } catch (SocketTimeoutException silence) {
                heard.writeBytes("(silence)".getBytes(StandardCharsets.UTF_8));
            } catch (SocketException reset) {
                heard.writeBytes("(reset)".getBytes(StandardCharsets.UTF_8));
            }
            return heard.toString(StandardCharsets.UTF_8);
        }
    }

    private static String post(String body) {
        return "POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
    }

    private static final String HEALTH = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

    @Test
    void aSilentEngineAcceptsAndSaysNothingNotEvenThatItIsWell() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.SILENT));
        assertThat(raw(HEALTH, 200)).isEqualTo("(silence)");
        assertThat(raw(post(chat(1, false)), 200)).isEqualTo("(silence)");
        assertThat(client.state("answers")).isZero();
    }

    @Test
    void aStallingStreamSaysNothingMoreAndStaysOpen() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.STALL_AFTER_TOKENS, 3));
        var heard = raw(post(chat(100, true)), 2000);
        assertThat(heard).contains("\"content\":\" ").endsWith("(silence)").doesNotContain("[DONE]");
    }

    @Test
    void anEngineDiesOfTheRequestThatKillsItAndIsCountedToHaveHadIt() throws Exception {
        long before = SimClient.JSON.readTree(pool.state(ONE)).path("marked").asLong();
        pool.faults(ONE, Faults.NONE.with(Fault.DIE_ON, "fault"));
        assertThat(raw(post(chat(1, false)), 5000)).isEqualTo("(reset)");
        // its port closes a moment after its connections
        await().untilAsserted(() -> assertThatThrownBy(() -> raw(HEALTH, 5000)).isInstanceOf(ConnectException.class));
        var state = other.json(other.get("/admin/state?engine=" + ONE));
        assertThat(state.path("marked").asLong()).isEqualTo(before + 1);
        assertThat(state.path("cachedBlocks").asLong()).isZero();
    }

    @Test
    void aRequestCanCostItsOwnConnectionOnly() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.CUT_ON, "fault").with(Fault.DEATH_DELAY, 1));
        assertThat(raw(post(chat(1, false)), 5000)).isEqualTo("(reset)");
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void interimAnswersComeBeforeTheAnswer() throws Exception {
        for (int status : new int[] {102, 103}) {
            pool.faults(ONE, Faults.NONE.with(Fault.INTERIM, status));
            var heard = raw(post(chat(1, false)).replace("host: x", "host: x\r\nconnection: close"), 30_000);
            assertThat(heard).startsWith("HTTP/1.1 " + status + " ").contains("\r\n\r\nHTTP/1.1 200 OK\r\n");
        }
    }

    @Test
    void redirectsNameThisEngine() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.REDIRECT, 308));
        var answer = client.post(CHAT, chat(1, false));
        assertThat(answer.statusCode()).isEqualTo(308);
        assertThat(answer.headers().firstValue("location"))
                .contains(pool.endpoints().getFirst().url() + CHAT);
    }

    @Test
    void everyContextIsTooShortWhereThatIsTheFault() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.CONTEXT_ERRORS));
        var answer = client.post(CHAT, chat(1, false));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("maximum context length is 131072 tokens");
    }

    @Test
    void keptConnectionsAreClosedWhenIdleOrWhenUsedAgain() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.CLOSE_IDLE, 20));
        assertThat(raw(HEALTH, 5000)).startsWith("HTTP/1.1 200 OK").doesNotContain("(silence)");
        pool.faults(ONE, Faults.NONE.with(Fault.CLOSE_REUSED));
        assertThat(raw(HEALTH + HEALTH, 5000).split("HTTP/1.1 200 OK", -1)).hasSizeLessThan(3);
        pool.faults(ONE, Faults.NONE);
        assertThat(raw(HEALTH + HEALTH, 1000).split("HTTP/1.1 200 OK", -1)).hasSize(3);
    }

    @Test
    void failuresOfAllKindsLookLikeTheEngines() throws Exception {
        for (int status : new int[] {500, 501, 503}) {
            pool.faults(ONE, Faults.failing(status, 1));
            var answer = client.post("/v1/embeddings", "{\"input\":\"x\"}");
            assertThat(answer.statusCode()).isEqualTo(status);
            assertThat(client.json(answer).at("/error/code").asInt()).isEqualTo(status);
        }
        assertThat(client.post(CHAT, chat(1, false)).headers().firstValue("retry-after"))
                .isPresent();
    }

    @Test
    void aFailureCanFollowTheRequest() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.ERROR_STATUS, 501).with(Fault.ERROR_ON, "fault"));
        assertThat(status(chat(1, false))).isEqualTo(501);
        assertThat(status(chat(1, false).replace("fault", "fine"))).isEqualTo(200);
    }

    @Test
    void aRankThatThereIsNotIsRefused() throws Exception {
        for (var rank : new String[] {"0", "first", "1"}) {
            var request = client.streaming(CHAT, chat(1, false))
                    .header("x-data-parallel-rank", rank)
                    .build();
            assertThat(client.http()
                            .send(request, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(rank.equals("1") ? 400 : 200);
        }
    }

    @Test
    void aMetricsPageCanTakeItsTimeAndAModelListBeLong() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.METRICS_DELAY, 30).with(Fault.EXTRA_MODELS, 5000));
        assertThat(client.get("/metrics").body()).contains("vllm:num_requests_running");
        var list = client.get("/v1/models").body();
        assertThat(list.length()).isGreaterThan(1 << 20);
        assertThat(SimClient.JSON.readTree(list).path("data")).hasSize(5001);
    }

    @Test
    void anEngineOfHttp2OnlyAnswersThatAlone() throws Exception {
        pool.faults(ONE, Faults.NONE.with(Fault.H2C_ONLY));
        assertThat(raw(HEALTH, 5000)).startsWith("HTTP/1.1 400").contains("HTTP/2 only");
        // the preface and empty settings (RFC 9113, section 3.4) are answered with settings
        try (var socket = new Socket(
                InetAddress.getLoopbackAddress(), pool.endpoints().get(0).port())) {
            var preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
            socket.getOutputStream().write(preface.getBytes(StandardCharsets.UTF_8));
            assertThat(socket.getInputStream().readNBytes(9)[3]).isEqualTo((byte) 4);
        }
    }

    @Test
    void aKeyIsAskedForWhereAnEngineHasOne() throws Exception {
        try (var guarded =
                SimulatedPool.builder().pool("h200=1").apiKey("secret").start()) {
            var there = new SimClient(guarded.endpoints().getFirst());
            assertThat(there.get("/v1/models").statusCode()).isEqualTo(401);
            assertThat(there.get("/v1/models").body()).isEqualTo("{\"error\":\"Unauthorized\"}");
            assertThat(there.get("/health").statusCode()).isEqualTo(200);
            assertThat(there.get("/metrics").statusCode()).isEqualTo(200);
            var request = there.streaming(CHAT, chat(1, false)).header("authorization", "Bearer secret");
            assertThat(there.http()
                            .send(request.build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        }
    }
}
