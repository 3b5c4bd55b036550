package io.kvasir.proxy;

import io.kvasir.request.BodyEdits;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.HeldBytes;
import io.kvasir.route.Reading;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request's body: scanned while it comes, and kept as it came until an endpoint has begun to answer. */
final class RequestBody {
    private final Reading reading;
    private final HeldBytes held;
    private final long most;
    private @Nullable BodyEdits edits;
    private boolean routed;

    RequestBody(Reading reading, BodyBudget budget, long most) {
        this.reading = reading;
        this.held = new HeldBytes(budget);
        this.most = most;
    }

    /** Whether there is memory for a request; null if so. */
    @Nullable
    Refusal begin() {
        return held.room() ? null : Refusals.memoryFull();
    }

    /** Takes the next bytes; says what is wrong with them, null for nothing. */
    @Nullable
    Refusal add(Buffer chunk) {
        if (length() + chunk.length() > most) {
            return Refusals.bodyTooLong(most);
        }
        var bytes = Bytes.of(chunk);
        int n = bytes.readableBytes();
        byte[] array = bytes.hasArray() ? bytes.array() : chunk.getBytes();
        int offset = bytes.hasArray() ? bytes.arrayOffset() + bytes.readerIndex() : 0;
        if (!held.add(array, offset, n)) {
            return Refusals.memoryFull();
        }
        try {
            reading.feed(array, offset, n);
            return null;
        } catch (MalformedBodyException e) {
            return Refusals.malformed(e);
        }
    }

    /**
     * What was read, when no more comes.
     *
     * @throws MalformedBodyException if the body is not valid
     */
    Request finish() {
        return reading.finish();
    }

    /** The reading, for the router to take over. */
    Reading handOver() {
        routed = true;
        return reading;
    }

    /** The router has decided, and what reads the body may serve another request. */
    void decided() {
        held.decided();
    }

    /** Bytes of it, as they are to be sent. */
    long length() {
        return edits == null ? held.length() : edits.lengthAfter(held.length());
    }

    /** What changes in the body before it is sent. */
    void edit(BodyEdits wanted) {
        edits = wanted;
    }

    /** All of it as it came, in pieces. */
    List<ByteBuffer> received() {
        return held.pieces();
    }

    /** The pieces to send, in order. */
    List<Buffer> pieces() {
        var pieces = held.pieces();
        var buffers = new ArrayList<Buffer>(pieces.size());
        for (ByteBuffer piece : edits == null ? pieces : edits.apply(pieces)) {
            buffers.add(Bytes.wrap(piece));
        }
        return buffers;
    }

    /** Lets go of the bytes, and of the reading where nobody has taken it over. */
    void release() {
        if (!routed) {
            routed = true;
            reading.abandon();
        }
        held.release();
    }
}
