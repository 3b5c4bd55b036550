package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.Dialect;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.route.Reading;
import io.kvasir.route.Routing;
import org.jspecify.annotations.Nullable;

/**
 * A request in full duplex mode: the proxy sends the body without waiting and forgets it, so every byte has to come back.
 * Headers are answered first, and only there can the pick be published, so chunks are held until it is made. Where a budget
 * of bytes is reached before the body is complete, the pick is made on what was read, and the rest passes.
 */
final class DuplexRequest extends RequestPhase {
    /** Where a request stands. */
    private sealed interface State {
        /** Chunks are kept and read; the reader is leased with the first. */
        record Holding(HeldBody body) implements State {}

        /**
         * The body is complete and kept until lists of models were read.
         *
         * @param end whether the last chunk said that it is
         */
        record Waiting(HeldBody body, Request read, boolean end) implements State {}

        /** The pick is out; chunks pass. */
        record Passing() implements State {}

        /** Nothing more is to come. */
        record Ended() implements State {}
    }

    private static final State PASSING = new State.Passing();
    private static final State ENDED = new State.Ended();

    private static final byte[] NOTHING = {};

    private State state = ENDED;
    private @Nullable Reading reading;
    private boolean trailed;
    /** Bytes of the body at which its shape is looked at next. */
    private long nextGuess = 1;

    DuplexRequest(ProcessorStream stream, RequestHead head) {
        super(stream, head);
    }

    @Override
    void begin() {
        if (head.end()) {
            decideAtHeaders(false);
        } else if (head.tunnel()) {
            // bytes only come once the server agreed to the upgrade, so that holding would wait for ever
            if (decideAtHeaders(false)) {
                state = PASSING;
            }
        } else {
            var body = new HeldBody(stream.context().budget());
            state = new State.Holding(body);
            if (!body.room()) {
                stream.count(StreamEvent.DECIDED_EARLY);
                if (decideOnPart(body, false, Refusals.memoryFull())) {
                    state = PASSING;
                }
            }
        }
    }

    @Override
    void body(ProxyMessage.Body chunk) {
        switch (state) {
            case State.Holding(var body) -> hold(body, chunk);
            case State.Passing _ -> {
                stream.out().sendBody(Direction.REQUEST, chunk.array(), chunk.offset(), chunk.length(), chunk.end());
                if (chunk.end()) {
                    state = ENDED;
                }
            }
            case State.Waiting _, State.Ended _ -> stream.count(StreamEvent.REPEATED_END);
        }
    }

    @Override
    void trailers() {
        switch (state) {
            case State.Holding(var body) -> {
                decide(body, false);
                if (state instanceof State.Waiting) {
                    trailed = true;
                    return;
                }
                if (answered()) {
                    stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
                }
            }
            case State.Waiting _ -> {
                trailed = true;
                return;
            }
            case State.Passing _ -> stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
            case State.Ended _ -> stream.count(StreamEvent.OUT_OF_ORDER);
        }
        state = ENDED;
    }

    @Override
    void halfClosed() {
        if (state instanceof State.Holding(var body)) {
            stream.count(StreamEvent.DECIDED_AT_HALF_CLOSE);
            state = ENDED;
            decideOnPart(body, true, null);
        } else {
            resume(decideNow());
        }
    }

    @Override
    boolean withholdsHeaders() {
        return state instanceof State.Holding(var body) && body.bytes() == 0;
    }

    @Override
    boolean holding() {
        return state instanceof State.Holding || state instanceof State.Waiting;
    }

    @Override
    void abandon() {
        if (state instanceof State.Holding(var body)) {
            body.drop();
        } else if (state instanceof State.Waiting waiting) {
            waiting.body.drop();
            cancelWait();
        }
        state = ENDED;
        if (reading != null) {
            reading.abandon();
            reading = null;
        }
    }

    private void hold(HeldBody body, ProxyMessage.Body chunk) {
        boolean room = body.add(chunk);
        try {
            if (reading != null) {
                reading.feed(chunk.array(), chunk.offset(), chunk.length());
            } else if (body.bytes() >= nextGuess) {
                nextGuess = 2 * body.bytes();
                begin(body, false);
            }
        } catch (MalformedBodyException e) {
            stream.refuse(Refusals.malformed(e));
            return;
        }
        if (chunk.end()) {
            decide(body, true);
        } else if (!room || body.bytes() > stream.settings().streamBytes()) {
            stream.count(StreamEvent.DECIDED_EARLY);
            var refusal = room ? Refusals.modelTooLate(stream.settings().streamBytes()) : Refusals.memoryFull();
            if (decideOnPart(body, false, refusal)) {
                state = PASSING;
            }
        }
    }

    /**
     * Begins to read, once it is known how: at once by the path, else when enough of the body is there to tell by.
     *
     * @param last whether no more comes to tell by
     */
    private void begin(HeldBody body, boolean last) {
        if (body.bytes() == 0) {
            return;
        }
        byte[] beginning = head.guessed() ? body.beginning(DialectGuess.LOOKED_AT) : NOTHING;
        var format = head.format(beginning, 0, beginning.length);
        if (head.guessed() && !format.told() && !last && body.bytes() < DialectGuess.LOOKED_AT) {
            return;
        }
        var reader = read(format);
        reading = reader;
        body.feed(reader);
    }

    /** Decides on the whole body, at once or later; a refusal has ended the stream. */
    private void decide(HeldBody body, boolean end) {
        if (reading == null) {
            begin(body, true);
        }
        var reader = reading;
        if (reader == null) {
            if (publish(body, pick(null, Request.withoutBody(Dialect.PASSTHROUGH), false), null, end)) {
                state = ENDED;
            }
            return;
        }
        Request read;
        try {
            read = reader.finish();
        } catch (MalformedBodyException e) {
            stream.refuse(Refusals.malformed(e));
            return;
        }
        reading = null;
        state = new State.Waiting(body, read, end);
        var routing = routedOrHeld(reader, read, this::resume);
        if (routing != null) {
            decided(body, read, end, routing);
        }
    }

    private void resume(Routing.@Nullable Decided routing) {
        if (routing != null && state instanceof State.Waiting(var body, var read, var end)) {
            decided(body, read, end, routing);
            if (trailed && answered()) {
                stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
            }
        }
    }

    private void decided(HeldBody body, Request read, boolean end, Routing.Decided routing) {
        state = new State.Holding(body);
        if (publish(body, pick(routing), read, end)) {
            state = ENDED;
        }
    }

    /**
     * Decides on the beginning of the body.
     *
     * @param instead what a client is told that cannot be routed on it; null for the router's own words
     */
    private boolean decideOnPart(HeldBody body, boolean end, @Nullable Refusal instead) {
        if (reading == null) {
            begin(body, true);
        }
        var reader = reading;
        if (reader == null) {
            return publish(body, pick(null, Request.withoutBody(Dialect.PASSTHROUGH), true), null, end);
        }
        reading = null;
        var read = reader.soFar();
        return switch (routed(reader, read, true)) {
            case Routing.Booked(var booking) -> publish(body, booked(booking), read, end);
            case Routing.Refused(var refusal) -> {
                // a refusal that the rest of the body could have changed is the budget's doing
                boolean open = refusal.reason() == RefusalReason.MODEL_MISSING;
                stream.refuse(instead != null && open ? instead : refusal);
                yield false;
            }
        };
    }

    private boolean publish(HeldBody body, @Nullable Pick pick, @Nullable Request read, boolean end) {
        if (pick == null) {
            return false;
        }
        var edit = read == null ? null : edit(pick, read, body.bytes());
        publish(Answers.pickAtHeaders(pick, head, stream.settings(), edit != null));
        body.release(stream.out(), edit, end);
        return true;
    }
}
