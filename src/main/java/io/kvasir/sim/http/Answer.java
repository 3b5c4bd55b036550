package io.kvasir.sim.http;

import io.kvasir.sim.engine.Engine;
import io.kvasir.sim.engine.Sequence;
import io.kvasir.sim.engine.SequenceListener;
import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;

/** The answer to one generation request, one sequence per choice, while the engine works on it. */
abstract class Answer {
    private final EngineHost host;
    private final HttpServerResponse response;
    private final ConnectionBase connection;
    private final GenerationRequest request;
    private final Sequence[] sequences;
    private int unfinished;
    private int tokens;
    private boolean queued;
    private boolean dead;

    Answer(EngineHost host, ConnectionBase connection, HttpServerResponse response, GenerationRequest request) {
        this.host = host;
        this.connection = connection;
        this.response = response;
        this.request = request;
        this.sequences = new Sequence[request.choices().size()];
        this.unfinished = sequences.length;
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
                token(choice, index, last ? finishReason(sequence) : "");
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
        int most = host.faults().dieAfterTokens();
        boolean dies = most >= 0 && tokens >= most;
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
        var _ = connection.channel().close();
    }

    private void reset() {
        dead = true;
        var channel = connection.channel();
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            var _ = channel.close();
        }
    }
}
