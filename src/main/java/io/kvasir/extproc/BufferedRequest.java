package io.kvasir.extproc;

import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.request.BodyEdits;
import io.kvasir.request.Dialect;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.route.Reading;
import io.kvasir.route.Routing;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request in a buffered mode. The proxy collects the body only once the headers are answered, so they are, with nothing in
 * it; the pick goes out with the one body answer. A body that the proxy had to cut is no reason to refuse: the request is
 * routed by its beginning.
 */
final class BufferedRequest extends RequestPhase {
    /** What waiting for the body costs; the body itself, which comes in one message, while it is decided on. */
    private final HeldBody held;

    private boolean came;
    private boolean trailed;
    private int repeated;
    private @Nullable Kept kept;

    /**
     * The body that is decided on.
     *
     * @param read what was read of it
     */
    private record Kept(ProxyMessage.Body body, Request read) {}

    BufferedRequest(ProcessorStream stream, RequestHead head) {
        super(stream, head);
        held = new HeldBody(stream.context().budget());
    }

    @Override
    void begin() {
        if (held.room()) {
            stream.out().send(PickerMessage.headersPass(Direction.REQUEST));
        } else {
            stream.refuse(Refusals.memoryFull());
        }
    }

    @Override
    void body(ProxyMessage.Body body) {
        if (came) {
            stream.count(StreamEvent.REPEATED_END);
            if (waits()) {
                repeated++;
            } else {
                stream.out().send(PickerMessage.bodyPasses(Direction.REQUEST));
            }
            return;
        }
        came = true;
        if (body.length() == 0) {
            if (body.end() && refusedEmpty()) {
                return;
            }
            ask(body, Request.withoutBody(Dialect.PASSTHROUGH), null);
            return;
        }
        var reading = read(head.format(body.array(), body.offset(), body.length()));
        Request read;
        try {
            reading.feed(body.array(), body.offset(), body.length());
            read = body.end() ? reading.finish() : reading.soFar();
        } catch (MalformedBodyException e) {
            if (body.end()) {
                reading.abandon();
                stream.refuse(Refusals.malformed(e));
                return;
            }
            read = reading.soFar();
        }
        ask(body, read, reading);
    }

    private void ask(ProxyMessage.Body body, Request read, @Nullable Reading reading) {
        if (!body.end()) {
            stream.count(StreamEvent.DECIDED_ON_PART);
        }
        kept = new Kept(body, read);
        decide(reading, read, !body.end(), true);
        if (waits() && !held.add(body)) {
            stream.count(StreamEvent.DECIDED_EARLY);
            decideNow();
        }
    }

    @Override
    void routed(Routing.Decided routing) {
        var decided = kept;
        if (decided == null) {
            return;
        }
        drop();
        var pick = pick(routing);
        if (pick == null) {
            return;
        }
        var body = decided.body;
        var edit = body.end() ? edit(pick, decided.read, body.length()) : null;
        publish(Answers.pickAtBody(pick, head, stream.settings(), edit == null ? null : edited(body, edit)));
        for (; repeated > 0; repeated--) {
            stream.out().send(PickerMessage.bodyPasses(Direction.REQUEST));
        }
        if (trailed) {
            stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
        }
    }

    private static byte @Nullable [] edited(ProxyMessage.Body body, BodyEdits edits) {
        var chunk = ByteBuffer.wrap(body.array(), body.offset(), body.length()).slice();
        var whole = ByteBuffer.allocate((int) edits.lengthAfter(body.length()));
        for (var piece : edits.apply(List.of(chunk))) {
            whole.put(piece);
        }
        return whole.array();
    }

    @Override
    void trailers() {
        if (waits()) {
            trailed = true;
        } else if (came) {
            stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
        } else {
            // an answer to trailers cannot carry the pick
            outOfOrder("trailers before the body that it buffers");
        }
    }

    @Override
    void halfClosed() {
        if (came) {
            decideNow();
        } else {
            outOfOrder("the end of the stream before the body that it buffers");
        }
    }

    private void outOfOrder(String what) {
        stream.count(StreamEvent.OUT_OF_ORDER);
        stream.refuse(Refusals.protocolViolation(what));
    }

    @Override
    public @Nullable List<ByteBuffer> body() {
        return kept == null || !kept.body.end()
                ? null
                : List.of(ByteBuffer.wrap(kept.body.array(), kept.body.offset(), kept.body.length())
                        .slice());
    }

    @Override
    boolean holding() {
        return !came || waits();
    }

    @Override
    void drop() {
        held.drop();
        kept = null;
    }
}
