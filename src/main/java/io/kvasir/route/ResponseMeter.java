package io.kvasir.route;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a response body what the books need and nothing else: when content begins, how many events come, and the
 * last usage block. Fed with the body as it passes by, cut anywhere; keeps no more than its last bytes. Not thread-safe.
 *
 * <p>An event is a {@code data:} line other than {@code [DONE]}; comments that keep a connection alive do not count, nor
 * do events whose name says that they carry no content ({@link StreamEvents}). A body that is not an event stream has
 * content from its first byte on and no events. Usage is looked for in the last {@value #HISTORY} bytes or more, which is
 * where engines put it: in the event before {@code [DONE]}, or behind the choices of a whole answer; and in the first
 * {@value #HEAD} bytes of a stream where the end does not tell of the prompt, as Anthropic's may not.
 */
public final class ResponseMeter {
    /** Bytes before the end of which no usage block is missed. */
    public static final int HISTORY = 2048;

    private static final int CAPACITY = 2 * HISTORY;
    private static final int HEAD = 1024;

    private final ResponseBooks books;
    private final @Nullable StreamEvents events;
    private final byte[] tail = new byte[CAPACITY];
    private final byte[] head;
    private int tailLength;
    private int headLength;
    private boolean content;
    private long size;

    /**
     * @param books what is told
     * @param events whether the body is an event stream
     */
    public ResponseMeter(ResponseBooks books, boolean events) {
        this.books = books;
        this.events = events ? new StreamEvents() : null;
        head = new byte[events ? HEAD : 0];
    }

    /** Whether content has begun. */
    public boolean content() {
        return content;
    }

    /** Whether the stream said {@code [DONE]}. */
    public boolean done() {
        return events != null && events.done();
    }

    /** The next bytes of the body. */
    public void feed(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return;
        }
        size += length;
        keep(bytes, offset, length);
        if (events == null) {
            if (!content) {
                content = true;
                books.firstToken();
            }
            return;
        }
        int count = events.count(bytes, offset, offset + length);
        if (count > 0 && !content) {
            content = true;
            books.firstToken();
            count--;
        }
        if (count > 0) {
            books.tokens(count);
        }
    }

    /** The next bytes of the body; the buffer's position stays. */
    public void feed(ByteBuffer chunk) {
        if (chunk.hasArray()) {
            feed(chunk.array(), chunk.arrayOffset() + chunk.position(), chunk.remaining());
            return;
        }
        byte[] copy = new byte[chunk.remaining()];
        chunk.get(chunk.position(), copy);
        feed(copy, 0, copy.length);
    }

    /** The body is complete: tells its size, and the last usage block, if there is one. */
    public void end() {
        books.size(size);
        var last = UsageBlock.last(tail, tailLength);
        if (last == null) {
            return;
        }
        var first = last.prompt() < 0 ? UsageBlock.last(head, headLength) : null;
        var prompt = first == null ? last : first;
        books.usage(prompt.prompt(), prompt.cached(), last.completion());
    }

    private void keep(byte[] bytes, int offset, int length) {
        if (headLength < head.length) {
            int more = Math.min(length, head.length - headLength);
            System.arraycopy(bytes, offset, head, headLength, more);
            headLength += more;
        }
        if (length >= CAPACITY) {
            System.arraycopy(bytes, offset + length - CAPACITY, tail, 0, CAPACITY);
            tailLength = CAPACITY;
            return;
        }
        if (tailLength + length > CAPACITY) {
            int kept = Math.min(tailLength, Math.max(0, Math.min(CAPACITY - length, HISTORY)));
            System.arraycopy(tail, tailLength - kept, tail, 0, kept);
            tailLength = kept;
        }
        System.arraycopy(bytes, offset, tail, tailLength, length);
        tailLength += length;
    }
}
