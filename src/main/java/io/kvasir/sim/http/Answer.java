package io.kvasir.sim.http;

import io.kvasir.sim.engine.Engine;
import io.kvasir.sim.engine.Sequence;
import io.kvasir.sim.engine.SequenceListener;
import io.kvasir.sim.engine.Vocabulary;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import java.util.Arrays;

/** The answer to one generation request, one sequence per choice, while the engine works on it. */
abstract class Answer {
    private final EngineHost host;
    private final HttpServerResponse response;
    private final HttpConnection connection;
    private final GenerationRequest request;
    private final Sequence[] sequences;
    private final String[] finishReasons;
    private int unfinished;
    private int tokens;
    private boolean queued;
    private boolean dead;
    private boolean stalled;

    Answer(EngineHost host, HttpConnection connection, HttpServerResponse response, GenerationRequest request) {
        this.host = host;
        this.connection = connection;
        this.response = response;
        this.request = request;
        this.sequences = new Sequence[request.choices().size()];
        this.unfinished = sequences.length;
        this.finishReasons = new String[sequences.length];
        Arrays.fill(finishReasons, "");
    }

    /** A token of a choice was generated; {@code finishReason} is empty unless it was the last. */
    abstract void token(int choice, int index, String finishReason);

    /** The engine is put to sleep and this choice gets no more tokens. */
    abstract void cut(int choice);

    /** Writes what came since the last call; {@code end} if nothing more comes. */
    abstract void write(HttpServerResponse response, boolean end);

    GenerationRequest request() {
        return request;
    }

    Sequence sequence(int choice) {
        return sequences[choice];
    }

    /** What a choice says so far. */
    String text(int choice) {
        var tool = request.tool();
        int generated = sequences[choice].generated();
        if (tool != null) {
            return String.join(
                    "",
                    tool.pieces().subList(0, Math.min(generated, tool.pieces().size())));
        }
        return Vocabulary.text(sequences[choice].output().seed(), generated);
    }

    /** Why a choice ended; empty before that. */
    String finishReason(int choice) {
        return finishReasons[choice];
    }

    EngineHost host() {
        return host;
    }

    void submit(Engine engine, long now) {
        for (int i = 0; i < sequences.length; i++) {
            var choice = request.choices().get(i);
            sequences[i] = engine.submit(choice.prompt(), choice.output(), listener(i), now);
        }
    }

    private SequenceListener listener(int choice) {
        return new SequenceListener() {
            @Override
            public void onToken(Sequence sequence, int index, long atNanos) {
                boolean last = index == sequence.output().tokens() - 1;
                finishReasons[choice] = last ? finishReason(sequence) : "";
                token(choice, index, finishReasons[choice]);
                tokens++;
                queue();
            }

            @Override
            public void onFinish(Sequence sequence, long atNanos) {
                unfinished--;
            }
        };
    }

    private String finishReason(Sequence sequence) {
        if (!sequence.output().stops()) {
            return "length";
        }
        return request.tool() == null ? "stop" : "tool_calls";
    }

    private void queue() {
        if (!queued) {
            queued = true;
            host.unwritten(this);
        }
    }

    /** Takes all sequences out of the engine. */
    void abort(Engine engine, long now) {
        dead = true;
        for (var sequence : sequences) {
            engine.abort(sequence, now);
        }
    }

    /** Ends the answer here with what it has. */
    void cutShort(Engine engine, long now) {
        for (int i = 0; i < sequences.length; i++) {
            var state = sequences[i].state();
            if (state == Sequence.State.WAITING || state == Sequence.State.RUNNING) {
                engine.abort(sequences[i], now);
                finishReasons[i] = "abort";
                cut(i);
                unfinished--;
            }
        }
        queue();
    }

    /** Writes what is due, or breaks the connection where the engine's faults say so. */
    void write() {
        queued = false;
        if (dead) {
            return;
        }
        var faults = host.faults();
        boolean dies = reached(faults.count(Fault.DIE_AFTER_TOKENS));
        if (stalled || (request.stream() && reached(faults.count(Fault.STALL_AFTER_TOKENS)))) {
            stall();
            return;
        }
        boolean end = unfinished == 0 && !dies;
        if (end) {
            host.ended(this);
        }
        if (!dies || request.stream()) {
            write(response, end);
        }
        if (dies) {
            reset();
        }
    }

    /** Closes the connection. */
    void hangUp() {
        Connections.close(connection);
    }

    private void reset() {
        dead = true;
        Connections.reset(connection);
    }

    private boolean reached(int tokensOfFault) {
        return tokensOfFault >= 0 && tokens >= tokensOfFault;
    }

    /** Writes what there is, and nothing ever after. */
    private void stall() {
        if (!stalled) {
            stalled = true;
            write(response, false);
        }
    }
}
