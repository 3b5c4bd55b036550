package io.kvasir.proxy;

import io.kvasir.request.BodyEdit;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Request;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Reading;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request's body: scanned while it comes, and kept as it came until an endpoint has begun to answer. */
final class RequestBody {
    private final Reading reading;
    private final BodyBudget budget;
    private final long most;
    private List<Buffer> buffers = new ArrayList<>();
    private long held;
    private long length;
    private boolean routed;

    RequestBody(Reading reading, BodyBudget budget, long most) {
        this.reading = reading;
        this.budget = budget;
        this.most = most;
    }

    /** Takes the next bytes; says what is wrong with them, null for nothing. */
    @Nullable
    ApiError add(Buffer chunk) {
        int n = chunk.length();
        if (length + n > most) {
            return tooLong(most);
        }
        if (!budget.tryReserve(n)) {
            return ApiError.unavailable("overloaded", "Too many bytes of request bodies are waiting; try again.");
        }
        length += n;
        held += n;
        buffers.add(chunk);
        try {
            var bytes = Bytes.of(chunk);
            if (bytes.hasArray()) {
                reading.feed(bytes.array(), bytes.arrayOffset() + bytes.readerIndex(), n);
            } else {
                reading.feed(bytes.nioBuffer());
            }
            return null;
        } catch (MalformedBodyException e) {
            return ApiError.malformed(e.offset(), e.reason());
        }
    }

    static ApiError tooLong(long most) {
        return ApiError.invalid(413, "request_too_large", "The body is longer than " + most + " bytes.");
    }

    /**
     * What was read, when no more comes.
     *
     * @throws MalformedBodyException if the body is not valid
     */
    Request finish() {
        return reading.finish();
    }

    /** The reading, for the router to take over: from then on it may serve another request. */
    Reading handOver() {
        routed = true;
        return reading;
    }

    long length() {
        return length;
    }

    /** Puts a model's name into the body. */
    void edit(BodyEdit edit) {
        var chunks = new ArrayList<ByteBuffer>(buffers.size());
        for (var buffer : buffers) {
            chunks.add(Bytes.nio(buffer));
        }
        var edited = new ArrayList<Buffer>();
        for (var piece : edit.apply(chunks)) {
            edited.add(Bytes.wrap(piece));
        }
        length = edit.lengthAfter(length);
        buffers = edited;
    }

    /** The pieces to send, in order. */
    List<Buffer> pieces() {
        return buffers;
    }

    /** Lets go of the bytes, and of the reading where nobody has taken it over. */
    void release() {
        if (!routed) {
            routed = true;
            reading.abandon();
        }
        if (held > 0) {
            budget.release(held);
            held = 0;
        }
        buffers = List.of();
    }
}
