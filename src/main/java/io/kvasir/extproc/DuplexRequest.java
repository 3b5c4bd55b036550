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
import java.nio.ByteBuffer;
import java.util.List;
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
         * The router was asked, and the body is kept until it has decided.
         *
         * @param body null where none follows
         * @param read null where nothing of it could be read
         * @param end whether what is kept ends the body
         * @param instead what a client is told that cannot be routed on a part of its body; null for the router's words
         */
        record Deciding(
                @Nullable HeldBody body,
                @Nullable Request read,
                boolean end,
                @Nullable Refusal instead) implements State {}

        /** The pick is out; chunks pass. */
        record Passing() implements State {}

        /** Nothing more is to come. */
        record Ended() implements State {}
    }

    private static final State PASSING = new State.Passing();
    private static final State ENDED = new State.Ended();

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
            if (refusedEmpty()) {
                return;
            }
            state = new State.Deciding(null, null, true, null);
            decide(null, Request.withoutBody(Dialect.PASSTHROUGH), false, true);
            return;
        }
        var body = new HeldBody(stream.context().budget());
        if (head.tunnel()) {
            // bytes only come once the server agreed to the upgrade, so that holding would wait for ever
            state = new State.Deciding(body, null, false, null);
            decide(null, Request.withoutBody(Dialect.PASSTHROUGH), false, true);
            return;
        }
        state = new State.Holding(body);
        if (!body.room()) {
            stream.count(StreamEvent.DECIDED_EARLY);
            decideOnPart(body, false, Refusals.memoryFull());
        }
    }

    @Override
    void body(ProxyMessage.Body chunk) {
        if (state instanceof State.Holding(var body)) {
            hold(body, chunk);
        } else if (state instanceof State.Deciding deciding) {
            if (deciding.body == null || deciding.end) {
                stream.count(StreamEvent.REPEATED_END);
            } else {
                keep(deciding, deciding.body, chunk);
            }
        } else if (state instanceof State.Passing) {
            stream.out().sendBody(Direction.REQUEST, chunk.array(), chunk.offset(), chunk.length(), chunk.end());
            if (chunk.end()) {
                state = ENDED;
            }
        } else {
            stream.count(StreamEvent.REPEATED_END);
        }
    }

    /** Keeps what comes while the router decides without it. */
    private void keep(State.Deciding deciding, HeldBody body, ProxyMessage.Body chunk) {
        boolean room = body.add(chunk);
        state = new State.Deciding(body, deciding.read, chunk.end(), deciding.instead);
        if (!room || body.bytes() > stream.settings().streamBytes()) {
            stream.count(StreamEvent.DECIDED_EARLY);
            decideNow();
        }
    }

    @Override
    void trailers() {
        switch (state) {
            case State.Holding(var body) -> {
                trailed = true;
                decideOnAll(body, false);
            }
            case State.Deciding _ -> trailed = true;
            case State.Passing _ -> {
                stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
                state = ENDED;
            }
            case State.Ended _ -> stream.count(StreamEvent.OUT_OF_ORDER);
        }
    }

    @Override
    void halfClosed() {
        if (state instanceof State.Holding(var body)) {
            stream.count(StreamEvent.DECIDED_AT_HALF_CLOSE);
            decideOnPart(body, true, null);
        } else {
            decideNow();
        }
    }

    @Override
    public @Nullable List<ByteBuffer> body() {
        return state instanceof State.Deciding deciding && deciding.body != null && deciding.read != null
                ? deciding.body.pieces()
                : null;
    }

    @Override
    boolean withholdsHeaders() {
        return state instanceof State.Holding(var body) && body.bytes() == 0;
    }

    @Override
    boolean holding() {
        return state instanceof State.Holding || state instanceof State.Deciding;
    }

    @Override
    void drop() {
        if (state instanceof State.Holding(var body)) {
            body.drop();
        } else if (state instanceof State.Deciding deciding && deciding.body != null) {
            deciding.body.drop();
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
            decideOnAll(body, true);
        } else if (!room || body.bytes() > stream.settings().streamBytes()) {
            stream.count(StreamEvent.DECIDED_EARLY);
            var refusal = room ? Refusals.modelTooLate(stream.settings().streamBytes()) : Refusals.memoryFull();
            decideOnPart(body, false, refusal);
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

    /** Decides on the whole body. */
    private void decideOnAll(HeldBody body, boolean end) {
        if (reading == null) {
            begin(body, true);
        }
        if (reading == null && refusedEmpty()) {
            return;
        }
        Request read = null;
        try {
            if (reading != null) {
                read = reading.finish();
            }
        } catch (MalformedBodyException e) {
            stream.refuse(Refusals.malformed(e));
            return;
        }
        ask(body, read, end, null, false);
    }

    /**
     * Decides on the beginning of the body, without waiting: what comes meanwhile has no room.
     *
     * @param instead what a client is told that cannot be routed on it; null for the router's own words
     */
    private void decideOnPart(HeldBody body, boolean end, @Nullable Refusal instead) {
        if (reading == null) {
            begin(body, true);
        }
        ask(body, reading == null ? null : reading.soFar(), end, instead, true);
    }

    private void ask(HeldBody body, @Nullable Request read, boolean end, @Nullable Refusal instead, boolean early) {
        var reader = reading;
        reading = null;
        state = new State.Deciding(body, read, end, instead);
        decide(reader, read == null ? Request.withoutBody(Dialect.PASSTHROUGH) : read, early, !early);
    }

    @Override
    void routed(Routing.Decided routing) {
        if (!(state instanceof State.Deciding(var body, var read, var end, var instead))) {
            return;
        }
        // a refusal that the rest of the body could have changed is the budget's doing
        if (instead != null
                && routing instanceof Routing.Refused(var refusal)
                && refusal.reason() == RefusalReason.MODEL_MISSING) {
            stream.refuse(instead);
            return;
        }
        var pick = pick(routing);
        if (pick == null) {
            return;
        }
        var edit = body == null || read == null ? null : edit(pick, read, body.bytes());
        publish(Answers.pickAtHeaders(pick, head, stream.settings(), edit != null));
        if (body != null) {
            body.release(stream.out(), edit, end);
        }
        if (trailed) {
            stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
        }
        state = end || trailed ? ENDED : PASSING;
    }
}
