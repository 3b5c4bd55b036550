package io.kvasir.sim.http;

import io.kvasir.sim.engine.Vocabulary;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;

/**
 * An answer as server-sent events: one for the first token, then one per so many tokens as the engine is configured
 * for, by default one. Events of one wake-up leave in one write.
 */
final class StreamAnswer extends Answer {
    private static final int WORD = 4;

    private final AnswerFormat format;
    private final byte[][] before;
    private final byte[] after;
    private final boolean[] begun;
    /** Tokens of each choice that are in an event. */
    private final int[] told;

    private final int interval;
    private final byte[] word = new byte[WORD];
    private Buffer pending = Buffer.buffer();
    private boolean started;
    private boolean headed;

    StreamAnswer(
            EngineHost host,
            HttpConnection connection,
            HttpServerResponse response,
            GenerationRequest request,
            AnswerFormat format,
            int interval) {
        super(host, connection, response, request);
        this.format = format;
        int choices = request.choices().size();
        this.before = new byte[choices][];
        this.begun = new boolean[choices];
        this.told = new int[choices];
        this.interval = interval;
        for (int i = 0; i < choices; i++) {
            before[i] =
                    format.numbersEvents() ? new byte[0] : format.chunkStart(i).getBytes(StandardCharsets.UTF_8);
        }
        this.after = format.chunkEnd("").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    void token(int choice, int index, String finishReason) {
        boolean last = !finishReason.isEmpty();
        if (index == 0 || last || index + 1 - told[choice] >= interval) {
            event(choice, index + 1);
            if (last) {
                pending.appendString(format.chunkEnd(finishReason));
            } else {
                pending.appendBytes(after);
            }
        }
    }

    @Override
    void cut(int choice) {
        event(choice, sequence(choice).generated());
        pending.appendString(format.chunkEnd("abort"));
    }

    /** Begins an event with the tokens up to {@code end} that are in none yet. */
    private void event(int choice, int end) {
        begin(choice);
        if (format.numbersEvents()) {
            pending.appendString(format.chunkStart(choice));
        } else {
            pending.appendBytes(before[choice]);
        }
        var tool = request().tool();
        for (int i = told[choice]; i < end; i++) {
            if (tool == null) {
                Vocabulary.copy(sequence(choice).output().seed(), i, word, 0);
                pending.appendBytes(word);
            } else {
                // a piece of a JSON document inside a JSON string
                pending.appendString(Json.escape(tool.pieces().get(i)));
            }
        }
        told[choice] = end;
    }

    private void begin(int choice) {
        if (!begun[choice]) {
            begun[choice] = true;
            if (!started) {
                started = true;
                pending.appendString(format.streamStart(this));
            }
            pending.appendString(format.firstChunk(choice));
        }
    }

    @Override
    void write(HttpServerResponse response, boolean end) {
        var bytes = pending;
        if (bytes.length() == 0 && !end) {
            return;
        }
        if (!headed) {
            headed = true;
            response.setChunked(true).putHeader("content-type", "text/event-stream; charset=utf-8");
        }
        if (end) {
            response.end(bytes.appendString(format.streamEnd(this)));
        } else {
            pending = Buffer.buffer(before[0].length + after.length + (interval + 1) * WORD);
            response.write(bytes);
        }
    }
}
