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
    /** Nothing of the body, which comes in one message; but what waiting for it costs. */
    private final HeldBody waiting;

    private boolean decided;
    private @Nullable Kept kept;

    /** A whole body that is kept until lists of models were read. */
    private record Kept(ProxyMessage.Body body, Request read) {}

    BufferedRequest(ProcessorStream stream, RequestHead head) {
        super(stream, head);
        waiting = new HeldBody(stream.context().budget());
    }

    @Override
    void begin() {
        if (waiting.room()) {
            stream.out().send(PickerMessage.headersPass(Direction.REQUEST));
        } else {
            stream.refuse(Refusals.memoryFull());
        }
    }

    @Override
    void body(ProxyMessage.Body body) {
        if (decided) {
            stream.count(StreamEvent.REPEATED_END);
            stream.out().send(PickerMessage.bodyPasses(Direction.REQUEST));
            return;
        }
        decided = true;
        waiting.drop();
        if (body.length() == 0) {
            answer(body, Request.withoutBody(Dialect.PASSTHROUGH), null);
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
        answer(body, read, reading);
    }

    private void answer(ProxyMessage.Body body, Request read, @Nullable Reading reading) {
        if (!body.end()) {
            stream.count(StreamEvent.DECIDED_ON_PART);
        }
        if (reading == null || !body.end()) {
            publish(body, read, pick(reading, read, !body.end()));
            return;
        }
        kept = new Kept(body, read);
        var routing = routedOrHeld(reading, read, this::resume);
        if (routing != null) {
            kept = null;
            publish(body, read, pick(routing));
        }
    }

    private void resume(Routing.@Nullable Decided routing) {
        var held = kept;
        if (held != null && routing != null) {
            kept = null;
            publish(held.body, held.read, pick(routing));
        }
    }

    private void publish(ProxyMessage.Body body, Request read, @Nullable Pick pick) {
        if (pick != null) {
            var edit = body.end() ? edit(pick, read, body.length()) : null;
            publish(Answers.pickAtBody(pick, head, stream.settings(), edit == null ? null : edited(body, edit)));
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
        resume(decideNow());
        if (decided) {
            stream.out().send(PickerMessage.trailersPass(Direction.REQUEST));
        } else {
            // an answer to trailers cannot carry the pick
            stream.count(StreamEvent.OUT_OF_ORDER);
            stream.refuse(Refusals.protocolViolation("trailers before the body that it buffers"));
        }
    }

    @Override
    void halfClosed() {
        resume(decideNow());
        if (!decided) {
            stream.count(StreamEvent.OUT_OF_ORDER);
            stream.refuse(Refusals.protocolViolation("the end of the stream before the body that it buffers"));
        }
    }

    @Override
    boolean holding() {
        return !decided || kept != null;
    }

    @Override
    void abandon() {
        waiting.drop();
        var held = kept;
        if (held != null) {
            kept = null;
            cancelWait();
        }
    }
}
