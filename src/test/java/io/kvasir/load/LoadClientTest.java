package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.clock.ScaledClock;
import io.kvasir.sim.SimulatedPool;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoadClientTest {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    private static Replay replay(URI target, double timeScale) {
        return new Replay(
                target,
                SimulatedPool.DEFAULT_MODEL,
                ScaledClock.of(System::nanoTime, timeScale),
                new EndpointClasses(),
                () -> CpuSeconds.NONE,
                new Progress(new PrintWriter(Writer.nullWriter()), false));
    }

    private static Trace trace(int requests) {
        return new Trace(IntStream.range(0, requests)
                .mapToObj(i -> new TraceRequest(i * 100L, 700 + i, 3 + i % 5, new long[] {0, i}))
                .toList());
    }

    @Test
    void aReplayOverASimulatedEngineIsAnsweredWithExactLengthsAndHits() throws IOException {
        try (var pool = SimulatedPool.builder().pool("h200=1").timeScale(10).start()) {
            var replay = replay(URI.create(pool.endpoints().getFirst().url()), 10);
            var trace = trace(40);
            var schedule = Schedule.spread(trace, 1).at(100);

            replay.warmUp(4);
            var run = replay.run(schedule, trace.idealCachedTokens(), 300);

            assertThat(run.summary().complete()).isEqualTo(40);
            assertThat(run.summary().promptTokens()).isEqualTo(trace.inputTokens());
            assertThat(run.summary().cachedTokens()).isPositive();
            assertThat(run.samples()).allSatisfy(s -> {
                assertThat(s.promptTokens()).isEqualTo(s.request().inputTokens());
                assertThat(s.tokens()).isEqualTo(s.request().outputTokens());
                assertThat(s.firstNanos()).isBetween(s.sentNanos(), s.endNanos());
            });
            assertThat(run.samples().stream().map(Sample::index)).isSorted();
        }
    }

    @Test
    void capacityIsTheRateAtWhichAFullPoolCompletes() throws IOException {
        try (var pool = SimulatedPool.builder().pool("h200=1").timeScale(10).start()) {
            var replay = replay(URI.create(pool.endpoints().getFirst().url()), 10);

            assertThat(replay.capacity(trace(40), 8)).isPositive().isFinite();
            assertThatThrownBy(() -> replay.capacity(trace(20), 8)).hasMessageContaining("capacity.requests: 20");
        }
    }

    @Test
    void whatGoesWrongIsSaidAndNothingCutShortCountsAsAnswered() {
        var content = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        assertThat(outcome(r -> r.response().setStatusCode(503).end())).isEqualTo("status 503");
        assertThat(outcome(r -> r.response().end(content.repeat(3)))).isEqualTo("cut off");
        assertThat(outcome(r -> r.response().end(content + "data: [DONE]\n\n"))).isEqualTo("wrong length");
        assertThat(outcome(r -> r.response().end("data: {\"error\":{}}\n\ndata: [DONE]\n\n")))
                .isEqualTo("error in stream");
        assertThat(outcome(r -> r.connection().close())).isEqualTo("connection lost");
        assertThat(outcome(r -> r.response()
                        .setChunked(true)
                        .write(content)
                        .onComplete(_ -> r.connection().close())))
                .isEqualTo("connection lost");
        assertThat(outcome(r ->
                        r.response().putHeader("x-kvasir-endpoint", "e-1").end(content.repeat(3) + "data: [DONE]\n\n")))
                .isEqualTo(Sample.COMPLETE);
    }

    @Test
    void aRequestWithoutAnswerIsGivenUpWhenTheTimeToDrainIsOver() {
        var vertx = Vertx.vertx();
        try {
            var run = replay(server(vertx, _ -> {}), 10)
                    .run(Schedule.spread(trace(3), 1).at(1_000), new int[3], 1);

            assertThat(run.summary().unfinished()).isEqualTo(3);
            assertThat(run.summary().failed()).isZero();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    @Test
    void aFailingWarmUpStopsTheRun() {
        var vertx = Vertx.vertx();
        try {
            var target = server(vertx, r -> r.response().setStatusCode(500).end());

            assertThatThrownBy(() -> replay(target, 1).warmUp(5))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("status 500");
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static String outcome(Handler<HttpServerRequest> answer) {
        var vertx = Vertx.vertx();
        try (var client = new LoadClient(server(vertx, answer), System::nanoTime)) {
            var samples = new Collector();
            client.onSample(samples::add);
            var request = new TraceRequest(0, 20, 3, new long[] {1});
            client.send(0, request, client.now(), new ChatBody("m").of(request));
            assertThat(samples.await(1, PATIENCE)).isTrue();
            return samples.inOrderOfEnd().getFirst().outcome();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static URI server(Vertx vertx, Handler<HttpServerRequest> answer) {
        var server = vertx.createHttpServer()
                .requestHandler(request -> request.body().onComplete(_ -> answer.handle(request)))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        return URI.create("http://127.0.0.1:" + server.actualPort() + "/");
    }

    @Test
    void nobodyListeningIsAFailedConnection() {
        var vertx = Vertx.vertx();
        var target = server(vertx, _ -> {});
        vertx.close().toCompletionStage().toCompletableFuture().join();

        assertThatThrownBy(() -> replay(target, 1).warmUp(1)).hasMessageContaining("connect failed");
    }
}
