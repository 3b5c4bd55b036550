package io.kvasir.proxy;

import io.netty.buffer.ByteBuf;

/**
 * Where in a body of chunks (RFC 9112 §7.1) its bytes stand, however they are cut. Understands the plainest form only: a
 * size in hexadecimal digits, CRLF, that many bytes, CRLF. At whatever else comes, the last chunk and extensions among it,
 * it is over, and somebody else has to read on from there.
 */
final class ChunkFraming {
    /** Told of the bytes of chunks. */
    interface Sink {
        /** Bytes of a chunk, which stay the buffer's. */
        void payload(ByteBuf bytes, int index, int length);
    }

    /** Hears nothing. */
    static final Sink NOBODY = (bytes, index, length) -> {};

    /** So that sizes are in the range of {@code int}. */
    private static final int MOST_DIGITS = 7;

    private enum At {
        SIZE,
        SIZE_LF,
        PAYLOAD,
        END_CR,
        END_LF,
        /** Before a size line that is not plain. */
        OTHER,
        /** Behind a chunk that does not end as it should. */
        BROKEN
    }

    private At at = At.OTHER;
    private int digits;
    /** The size as far as its digits were read, then what is left of it. */
    private int left;

    /** Begins a body, of chunks or not. */
    void begin(boolean chunked) {
        at = chunked ? At.SIZE : At.OTHER;
        digits = 0;
        left = 0;
    }

    /** Forgets what was read of a size line, which is to be read again. */
    void rereadLine() {
        begin(true);
    }

    /** Whether a chunk may begin here. */
    boolean betweenChunks() {
        return at == At.SIZE && digits == 0;
    }

    /** Whether nothing further is understood. */
    boolean isOver() {
        return at == At.OTHER || at == At.BROKEN;
    }

    /** Whether a chunk did not end as it should. */
    boolean isBroken() {
        return at == At.BROKEN;
    }

    /**
     * Reads on.
     *
     * @param from index of the first byte
     * @param to index behind the last
     * @return index behind the last byte that belongs to a whole size line or to a chunk; from there on a line is cut, or
     *     it is over
     */
    int advance(ByteBuf bytes, int from, int to, Sink sink) {
        int i = from;
        int line = from;
        while (i < to) {
            switch (at) {
                case SIZE -> {
                    line = digits == 0 ? i : line;
                    byte b = bytes.getByte(i);
                    int digit = Character.digit(b, 16);
                    if (digit >= 0 && digits < MOST_DIGITS) {
                        left = left << 4 | digit;
                        digits++;
                    } else if (b == '\r' && left > 0) {
                        at = At.SIZE_LF;
                    } else {
                        at = At.OTHER;
                        return line;
                    }
                    i++;
                }
                case SIZE_LF -> {
                    if (bytes.getByte(i) != '\n') {
                        at = At.OTHER;
                        return line;
                    }
                    at = At.PAYLOAD;
                    i++;
                }
                case PAYLOAD -> {
                    int n = Math.min(left, to - i);
                    sink.payload(bytes, i, n);
                    left -= n;
                    i += n;
                    if (left == 0) {
                        at = At.END_CR;
                    }
                }
                case END_CR -> {
                    if (bytes.getByte(i) != '\r') {
                        at = At.BROKEN;
                        return i;
                    }
                    at = At.END_LF;
                    i++;
                }
                case END_LF -> {
                    if (bytes.getByte(i) != '\n') {
                        at = At.BROKEN;
                        return i;
                    }
                    at = At.SIZE;
                    digits = 0;
                    i++;
                }
                case OTHER, BROKEN -> {
                    return i;
                }
            }
        }
        return at == At.SIZE_LF || at == At.SIZE && digits > 0 ? line : to;
    }
}
