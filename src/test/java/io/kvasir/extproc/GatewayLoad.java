package io.kvasir.extproc;

import io.kvasir.sim.SimulatedPool;
import io.kvasir.testing.Await;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Two clients of each kind, which ask one request after the other until they are closed. */
final class GatewayLoad implements AutoCloseable {
    private static final int TOKENS = 20;

    /** What is asked for. */
    enum Kind {
        /** An answer in one piece. */
        WHOLE,
        /** An event stream. */
        STREAMED,
        /** A request without a body. */
        BODILESS
    }

    /**
     * One answer.
     *
     * @param phase in which the request began
     * @param status 0 where the connection broke before the end
     * @param complete an answer with all its bytes, or an error without a body
     */
    record Answer(Kind kind, int phase, int status, boolean complete) {
        /** Visibly broken off. */
        boolean cut() {
            return status == 0;
        }
    }

    private final String url;
    private final long lines;
    private final List<Answer> answers = new ArrayList<>();
    private final List<Thread> threads;
    private final AtomicInteger phase = new AtomicInteger();
    private volatile boolean stopped;

    /** Asks the gateway, and an engine once to learn what a complete stream looks like. */
    GatewayLoad(String url, String engine) throws IOException {
        this.url = url;
        lines = lines(GatewayClient.send(GatewayClient.chat(engine, "hello", true, TOKENS))
                .body());
        threads = Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(kind, kind))
                .map(kind -> Thread.ofVirtual().start(() -> run(kind)))
                .toList();
    }

    private static long lines(String stream) {
        return stream.lines().filter(line -> line.startsWith("data: ")).count();
    }

    private void run(Kind kind) {
        while (!stopped) {
            int begun = phase.get();
            try {
                var response = GatewayClient.send(
                        switch (kind) {
                            case WHOLE -> GatewayClient.chat(url, "hello", false, TOKENS);
                            case STREAMED -> GatewayClient.chat(url, "hello", true, TOKENS);
                            case BODILESS -> GatewayClient.models(url);
                        });
                boolean complete = response.statusCode() == 200
                        ? complete(kind, response.body())
                        : response.body().isEmpty();
                add(new Answer(kind, begun, response.statusCode(), complete));
            } catch (IOException e) {
                add(new Answer(kind, begun, 0, false));
            }
        }
    }

    private boolean complete(Kind kind, String body) {
        return switch (kind) {
            case WHOLE -> body.contains("\"completion_tokens\":" + TOKENS) && body.endsWith("}");
            case STREAMED -> lines(body) == lines && body.strip().endsWith("data: [DONE]");
            case BODILESS -> body.contains(SimulatedPool.DEFAULT_MODEL) && body.endsWith("}");
        };
    }

    private synchronized void add(Answer answer) {
        answers.add(answer);
    }

    /** Requests that begin from now on belong to the next phase. */
    void nextPhase() {
        phase.incrementAndGet();
    }

    /** Answers to requests that began in that phase. */
    synchronized List<Answer> answers(int phase) {
        return answers.stream().filter(answer -> answer.phase == phase).toList();
    }

    /** Returns when that many requests of each kind that began in this phase are answered. */
    void await(int count) {
        int now = phase.get();
        Await.await(() -> {
            var seen = answers(now);
            return Arrays.stream(Kind.values())
                    .allMatch(kind ->
                            seen.stream().filter(answer -> answer.kind == kind).count() >= count);
        });
    }

    /** Returns when every request has its answer, and sends no more. */
    void stop() throws InterruptedException {
        stopped = true;
        for (var thread : threads) {
            thread.join();
        }
    }

    @Override
    public void close() {
        stopped = true;
    }
}
