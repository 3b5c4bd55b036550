package io.kvasir.scrape;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one HTTP/1.1 answer as it arrives, in pieces cut anywhere, and hands the body on without copying it. Knows
 * bodies with a length, in chunks, and up to the end of the connection.
 */
final class ResponseReader {
    /** Takes the body's bytes in order. */
    interface Body {
        void body(byte[] bytes, int offset, int length);
    }

    private enum State {
        STATUS,
        HEADERS,
        SIZED,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        UNTIL_CLOSE,
        DONE
    }

    /** Longest line of a head, and largest head. */
    private static final int MAX_LINE = 8 << 10;

    private static final int MAX_HEAD = 64 << 10;
    private static final byte[] CONTENT_LENGTH = ascii("content-length");
    private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding");
    private static final byte[] CONTENT_ENCODING = ascii("content-encoding");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] CHUNKED = ascii("chunked");
    private static final byte[] IDENTITY = ascii("identity");
    private static final byte[] CLOSE = ascii("close");
    private static final byte[] KEEP_ALIVE = ascii("keep-alive");

    private long maxBody;
    private byte[] partial = new byte[256];
    private int partialLength;
    private State state = State.STATUS;
    private int headBytes;
    private int status;
    private boolean keepAlive;
    private boolean chunked;
    private long length;
    private long left;
    private long bodyBytes;
    private @Nullable ScrapeFailure failure;

    /**
     * An answer is awaited.
     *
     * @param most bytes that its body may have
     */
    void begin(long most) {
        maxBody = most;
        state = State.STATUS;
        partialLength = 0;
        headBytes = 0;
        bodyBytes = 0;
        failure = null;
        beginHead();
    }

    private void beginHead() {
        status = 0;
        keepAlive = true;
        chunked = false;
        length = -1;
    }

    /** Whether nothing of the answer has come yet. */
    boolean untouched() {
        return state == State.STATUS && partialLength == 0 && headBytes == 0;
    }

    /** Whether the answer is complete. */
    boolean done() {
        return state == State.DONE;
    }

    /** Why the answer cannot be used; null while it may be. */
    @Nullable
    ScrapeFailure failure() {
        return failure;
    }

    int status() {
        return status;
    }

    /** Whether the connection may be used again. */
    boolean keepAlive() {
        return keepAlive;
    }

    /** Bytes of the body so far. */
    long bodyBytes() {
        return bodyBytes;
    }

    /** The connection ended. Completes a body that lasts until then. */
    void closed() {
        keepAlive = false;
        if (state == State.UNTIL_CLOSE) {
            state = State.DONE;
        } else if (state != State.DONE) {
            fail(ScrapeFailure.CUT);
        }
    }

    /** Reads the next bytes; anything behind the end of the answer makes it fail, since its length then was a lie. */
    void feed(byte[] bytes, int offset, int count, Body body) {
        int at = offset;
        int end = offset + count;
        while (at < end && failure == null) {
            switch (state) {
                case SIZED, CHUNK -> at = body(bytes, at, (int) Math.min(end - at, left), body);
                case UNTIL_CLOSE -> at = body(bytes, at, end - at, body);
                case DONE -> fail(ScrapeFailure.MALFORMED);
                case STATUS, HEADERS, CHUNK_SIZE, CHUNK_END, TRAILERS -> at = line(bytes, at, end);
            }
        }
    }

    private int body(byte[] bytes, int at, int count, Body body) {
        bodyBytes += count;
        if (bodyBytes > maxBody) {
            fail(ScrapeFailure.TOO_LARGE);
            return at;
        }
        body.body(bytes, at, count);
        left -= count;
        if (left == 0 && state != State.UNTIL_CLOSE) {
            state = state == State.SIZED ? State.DONE : State.CHUNK_END;
        }
        return at + count;
    }

    /** Takes one line, or keeps its beginning until the rest comes. */
    private int line(byte[] bytes, int at, int end) {
        int newline = at;
        while (newline < end && bytes[newline] != '\n') {
            newline++;
        }
        if (newline == end || partialLength > 0) {
            int more = Math.min(end, newline + 1) - at;
            if (partialLength + more > MAX_LINE) {
                fail(ScrapeFailure.MALFORMED);
                return end;
            }
            if (partialLength + more > partial.length) {
                partial = Arrays.copyOf(partial, MAX_LINE);
            }
            System.arraycopy(bytes, at, partial, partialLength, more);
            partialLength += more;
            if (newline == end) {
                return end;
            }
            int whole = partialLength;
            partialLength = 0;
            take(partial, 0, whole - 1);
        } else {
            take(bytes, at, newline);
        }
        return newline + 1;
    }

    private void take(byte[] line, int from, int newline) {
        int end = newline > from && line[newline - 1] == '\r' ? newline - 1 : newline;
        headBytes += end - from + 1;
        if (headBytes > MAX_HEAD && state != State.CHUNK_SIZE && state != State.CHUNK_END) {
            fail(ScrapeFailure.MALFORMED);
            return;
        }
        switch (state) {
            case STATUS -> statusLine(line, from, end);
            case HEADERS -> {
                if (end > from) {
                    header(line, from, end);
                } else {
                    headEnds();
                }
            }
            case CHUNK_SIZE -> chunkSize(line, from, end);
            case CHUNK_END -> {
                state = State.CHUNK_SIZE;
                if (end > from) {
                    fail(ScrapeFailure.MALFORMED);
                }
            }
            case TRAILERS -> state = end > from ? State.TRAILERS : State.DONE;
            case SIZED, CHUNK, UNTIL_CLOSE, DONE -> throw new IllegalStateException(state + " has no lines");
        }
    }

    /** {@code HTTP/1.x NNN reason} */
    private void statusLine(byte[] line, int from, int end) {
        if (end - from < 12
                || line[from] != 'H'
                || line[from + 1] != 'T'
                || line[from + 2] != 'T'
                || line[from + 3] != 'P'
                || line[from + 4] != '/'
                || line[from + 5] != '1'
                || line[from + 6] != '.'
                || line[from + 8] != ' '
                || end - from > 12 && line[from + 12] != ' ') {
            fail(ScrapeFailure.MALFORMED);
            return;
        }
        keepAlive = line[from + 7] != '0';
        for (int i = from + 9; i < from + 12; i++) {
            if (line[i] < '0' || line[i] > '9') {
                fail(ScrapeFailure.MALFORMED);
                return;
            }
            status = status * 10 + line[i] - '0';
        }
        state = State.HEADERS;
    }

    private void header(byte[] line, int from, int end) {
        int colon = from;
        while (colon < end && line[colon] != ':') {
            colon++;
        }
        int value = colon + 1;
        while (value < end && blank(line[value])) {
            value++;
        }
        int stop = end;
        while (stop > value && blank(line[stop - 1])) {
            stop--;
        }
        if (colon == end) {
            fail(ScrapeFailure.MALFORMED);
        } else if (is(line, from, colon, CONTENT_LENGTH)) {
            contentLength(line, value, stop);
        } else if (is(line, from, colon, TRANSFER_ENCODING)) {
            chunked = is(line, value, stop, CHUNKED);
            if (!chunked) {
                fail(ScrapeFailure.ENCODED);
            }
        } else if (is(line, from, colon, CONTENT_ENCODING) && !is(line, value, stop, IDENTITY)) {
            fail(ScrapeFailure.ENCODED);
        } else if (is(line, from, colon, CONNECTION)) {
            if (is(line, value, stop, CLOSE)) {
                keepAlive = false;
            } else if (is(line, value, stop, KEEP_ALIVE)) {
                keepAlive = true;
            }
        }
    }

    private void contentLength(byte[] line, int from, int end) {
        long told = 0;
        for (int i = from; i < end; i++) {
            if (line[i] < '0' || line[i] > '9' || told > Integer.MAX_VALUE) {
                fail(ScrapeFailure.MALFORMED);
                return;
            }
            told = told * 10 + line[i] - '0';
        }
        if (from == end || length >= 0 && length != told) {
            fail(ScrapeFailure.MALFORMED);
        }
        length = told;
    }

    private void headEnds() {
        if (status >= 100 && status < 200) {
            // an interim answer; the real one follows
            state = State.STATUS;
            beginHead();
        } else if (status == 204 || status == 304) {
            state = State.DONE;
        } else if (chunked) {
            state = State.CHUNK_SIZE;
        } else if (length < 0) {
            keepAlive = false;
            state = State.UNTIL_CLOSE;
        } else {
            left = length;
            state = length == 0 ? State.DONE : State.SIZED;
        }
        if (!chunked && length > maxBody) {
            fail(ScrapeFailure.TOO_LARGE);
        }
    }

    /** A hexadecimal size, and extensions behind a semicolon, which mean nothing to us. */
    private void chunkSize(byte[] line, int from, int end) {
        long size = 0;
        int at = from;
        for (; at < end; at++) {
            int digit = Character.digit(line[at], 16);
            if (digit < 0) {
                break;
            }
            size = size << 4 | digit;
            if (size > Integer.MAX_VALUE) {
                fail(ScrapeFailure.TOO_LARGE);
                return;
            }
        }
        if (at == from || at < end && line[at] != ';' && !blank(line[at])) {
            fail(ScrapeFailure.MALFORMED);
            return;
        }
        left = size;
        state = size == 0 ? State.TRAILERS : State.CHUNK;
    }

    private void fail(ScrapeFailure why) {
        failure = why;
        keepAlive = false;
    }

    private static boolean blank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static boolean is(byte[] text, int from, int end, byte[] lower) {
        if (end - from != lower.length) {
            return false;
        }
        for (int i = 0; i < lower.length; i++) {
            byte b = text[from + i];
            if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lower[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
