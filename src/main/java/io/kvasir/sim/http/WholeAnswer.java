package io.kvasir.sim.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;

/** An answer that is sent when it is complete. */
final class WholeAnswer extends Answer {
    private static final int MISSING_BYTES = 64;

    private final AnswerFormat format;

    WholeAnswer(
            EngineHost host,
            HttpConnection connection,
            HttpServerResponse response,
            GenerationRequest request,
            AnswerFormat format) {
        super(host, connection, response, request);
        this.format = format;
    }

    @Override
    void token(int choice, int index, String finishReason) {
        // told when all are there
    }

    @Override
    void cut(int choice) {
        // told when all are there
    }

    @Override
    void write(HttpServerResponse response, boolean end) {
        if (!end) {
            return;
        }
        var bytes = Buffer.buffer(format.whole(this));
        response.putHeader("content-type", "application/json");
        if (host().faults().is(Fault.WRONG_CONTENT_LENGTH)) {
            response.putHeader("content-length", String.valueOf(bytes.length() + MISSING_BYTES));
            response.end(bytes).onComplete(sent -> hangUp());
        } else {
            response.end(bytes);
        }
    }
}
