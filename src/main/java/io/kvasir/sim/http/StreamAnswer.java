package io.kvasir.sim.http;

import io.kvasir.sim.engine.Vocabulary;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.nio.charset.StandardCharsets;

/** An answer as server-sent events, one per token; events of one wake-up leave in one write. */
final class StreamAnswer extends Answer {
    private static final int WORD = 4;

    private final AnswerFormat format;
    private final byte[][] before;
    private final byte[] after;
    private final boolean[] begun;
    private final byte[] word = new byte[WORD];
    private Buffer pending = Buffer.buffer();
    private boolean headed;

    StreamAnswer(
            EngineHost host,
            ConnectionBase connection,
            HttpServerResponse response,
            GenerationRequest request,
            AnswerFormat format) {
        super(host, connection, response, request);
        this.format = format;
        int choices = request.choices().size();
        this.before = new byte[choices][];
        this.begun = new boolean[choices];
        for (int i = 0; i < choices; i++) {
            before[i] = format.chunkStart(i).getBytes(StandardCharsets.UTF_8);
        }
        this.after = format.chunkEnd("").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    void token(int choice, int index, String finishReason) {
        begin(choice);
        pending.appendBytes(before[choice]);
        var tool = request().tool();
        if (tool == null) {
            Vocabulary.copy(sequence(choice).output().seed(), index, word, 0);
            pending.appendBytes(word);
        } else {
            // a piece of a JSON document inside a JSON string
            pending.appendString(Json.escape(tool.pieces().get(index)));
        }
        if (finishReason.isEmpty()) {
            pending.appendBytes(after);
        } else {
            pending.appendString(format.chunkEnd(finishReason));
        }
    }

    @Override
    void cut(int choice) {
        begin(choice);
        pending.appendBytes(before[choice]).appendString(format.chunkEnd("abort"));
    }

    private void begin(int choice) {
        if (!begun[choice]) {
            begun[choice] = true;
            pending.appendString(format.firstChunk(choice));
        }
    }

    @Override
    void write(HttpServerResponse response, boolean end) {
        if (!headed) {
            headed = true;
            response.setChunked(true).putHeader("content-type", "text/event-stream; charset=utf-8");
        }
        var bytes = pending;
        if (end) {
            if (request().includeUsage()) {
                bytes.appendString(format.usageChunk(Usage.of(this)));
            }
            response.end(bytes.appendString("data: [DONE]\n\n"));
        } else {
            pending = Buffer.buffer(before[0].length + after.length + 2 * WORD);
            response.write(bytes);
        }
    }
}
