package io.kvasir.route;

import java.nio.ByteBuffer;

/**
 * Reads from a response body what the books need and nothing else: when content begins, how many events come, and the
 * last usage block. Fed with the body as it passes by, cut anywhere; keeps no more than its last bytes. Not thread-safe.
 *
 * <p>An event is a {@code data:} line other than {@code [DONE]}; comments that keep a connection alive do not count. A
 * body that is not an event stream has content from its first byte on and no events. Usage is looked for in the last
 * {@value #HISTORY} bytes or more, which is where engines put it: in the event before {@code [DONE]}, or behind the
 * choices of a whole answer.
 */
public final class ResponseMeter {
    /** Bytes before the end of which no usage block is missed. */
    public static final int HISTORY = 2048;

    private static final int CAPACITY = 2 * HISTORY;
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final int SKIP = -1;

    private final ResponseBooks books;
    private final boolean events;
    private final byte[] tail = new byte[CAPACITY];
    private int tailLength;
    /** Bytes of {@code data:} seen at the start of this line; {@link #SKIP} within a line. */
    private int matched;

    private boolean content;
    private boolean done;

    /**
     * @param books what is told
     * @param events whether the body is an event stream
     */
    public ResponseMeter(ResponseBooks books, boolean events) {
        this.books = books;
        this.events = events;
    }

    /** Whether content has begun. */
    public boolean content() {
        return content;
    }

    /** Whether the stream said {@code [DONE]}. */
    public boolean done() {
        return done;
    }

    /** The next bytes of the body. */
    public void feed(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return;
        }
        keep(bytes, offset, length);
        if (!events) {
            if (!content) {
                content = true;
                books.firstToken();
            }
            return;
        }
        int count = countEvents(bytes, offset, offset + length);
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

    /** The body is complete: tells the last usage block, if there is one. */
    public void end() {
        UsageBlock.tellLast(tail, tailLength, books);
    }

    private int countEvents(byte[] bytes, int from, int to) {
        int count = 0;
        int state = matched;
        int i = from;
        while (i < to) {
            if (state == SKIP) {
                while (i < to && bytes[i] != '\n') {
                    i++;
                }
                if (i == to) {
                    break;
                }
                i++;
                state = 0;
                continue;
            }
            byte b = bytes[i];
            if (state < DATA.length) {
                i++;
                state = b == DATA[state] ? state + 1 : b == '\n' ? 0 : SKIP;
            } else if (b == ' ') {
                i++;
            } else {
                // the payload begins: JSON, or the mark of the end
                if (b == '[') {
                    done = true;
                } else {
                    count++;
                }
                state = SKIP;
            }
        }
        matched = state;
        return count;
    }

    private void keep(byte[] bytes, int offset, int length) {
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
