package io.kvasir.sim.http;

import io.kvasir.sim.engine.Vocabulary;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Arrays;

/** An answer that is sent when it is complete. */
final class WholeAnswer extends Answer {
    private static final int MISSING_BYTES = 64;

    private final AnswerFormat format;
    private final String[] finishReasons;

    WholeAnswer(
            EngineHost host,
            ConnectionBase connection,
            HttpServerResponse response,
            GenerationRequest request,
            AnswerFormat format) {
        super(host, connection, response, request);
        this.format = format;
        this.finishReasons = new String[request.choices().size()];
        Arrays.fill(finishReasons, "");
    }

    @Override
    void token(int choice, int index, String finishReason) {
        finishReasons[choice] = finishReason;
    }

    @Override
    void cut(int choice) {
        finishReasons[choice] = "abort";
    }

    @Override
    void write(HttpServerResponse response, boolean end) {
        if (!end) {
            return;
        }
        var body = new StringBuilder(1024).append(format.wholeStart());
        for (int i = 0; i < finishReasons.length; i++) {
            body.append(i == 0 ? "" : ",");
            format.wholeChoice(body, i, text(i), finishReasons[i]);
        }
        body.append(format.wholeEnd(Usage.of(this)));
        var bytes = Buffer.buffer(body.toString());
        response.putHeader("content-type", "application/json");
        if (host().faults().wrongContentLength()) {
            response.putHeader("content-length", String.valueOf(bytes.length() + MISSING_BYTES));
            response.end(bytes).onComplete(sent -> hangUp());
        } else {
            response.end(bytes);
        }
    }

    private String text(int choice) {
        var tool = request().tool();
        int generated = sequence(choice).generated();
        if (tool != null) {
            return String.join(
                    "",
                    tool.pieces().subList(0, Math.min(generated, tool.pieces().size())));
        }
        return Vocabulary.text(sequence(choice).output().seed(), generated);
    }
}
