package io.kvasir.kvevents.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads msgpack (github.com/msgpack/msgpack, {@code spec.md}) where it lies, without a tree. Reads nothing beyond its bytes
 * and descends into nothing deeper than {@value #MAX_DEPTH}; what it cannot read is {@link Malformed}, always the same
 * object.
 */
final class MessagePackReader {
    /** Nested arrays and maps that {@link #skip} follows. */
    static final int MAX_DEPTH = 32;

    /** What a value is. */
    enum Kind {
        NIL,
        BOOLEAN,
        INTEGER,
        FLOAT,
        TEXT,
        BINARY,
        ARRAY,
        MAP,
        EXTENSION
    }

    /** The bytes are no msgpack, or end too early, or are not what they must be. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        @SuppressWarnings("StaticAssignmentOfThrowable") // it has no trace
        static final Malformed INSTANCE = new Malformed();

        private Malformed() {
            super("malformed", null, false, false);
        }
    }

    private static final int NIL = 0xC0;
    /** Bytes that come from memory together, and the most that are fetched ahead. */
    private static final int LINE = 64;

    private static final int MOST_FETCHED = 1 << 14;

    private final IntegerLists lists = new IntegerLists();
    private byte[] bytes = {};
    private ByteBuffer buffer = ByteBuffer.wrap(bytes);
    private int at;
    /** What was fetched: else it would not be. */
    private final int[] fetched = {0};

    /** Length of the text or binary value whose header was read last. */
    private int length;

    void reset(byte[] content) {
        bytes = content;
        buffer = ByteBuffer.wrap(content);
        at = 0;
        fetch(content);
    }

    /** Has what is to be read come from memory at once, where it was not read lately, rather than piece by piece. */
    private void fetch(byte[] content) {
        int sum = 0;
        for (int i = 0; i < Math.min(content.length, MOST_FETCHED); i += LINE) {
            sum += content[i];
        }
        fetched[0] = sum;
    }

    int position() {
        return at;
    }

    void position(int position) {
        at = position;
    }

    private int left() {
        return bytes.length - at;
    }

    private int next() throws Malformed {
        if (at >= bytes.length) {
            throw Malformed.INSTANCE;
        }
        return bytes[at++] & 0xFF;
    }

    private void need(int n) throws Malformed {
        if (n < 0 || n > left()) {
            throw Malformed.INSTANCE;
        }
    }

    private int u8() throws Malformed {
        return next();
    }

    private int u16() throws Malformed {
        need(2);
        int value = buffer.getShort(at) & 0xFFFF;
        at += 2;
        return value;
    }

    private int i32() throws Malformed {
        need(4);
        int value = buffer.getInt(at);
        at += 4;
        return value;
    }

    private long i64() throws Malformed {
        need(8);
        long value = buffer.getLong(at);
        at += 8;
        return value;
    }

    /** Of the value that comes next. */
    Kind kind() throws Malformed {
        if (at >= bytes.length) {
            throw Malformed.INSTANCE;
        }
        int b = bytes[at] & 0xFF;
        if (b < 0x80 || b >= 0xE0) {
            return Kind.INTEGER;
        }
        if (b < 0xC0) {
            return b < 0x90 ? Kind.MAP : b < 0xA0 ? Kind.ARRAY : Kind.TEXT;
        }
        return switch (b) {
            case 0xC0 -> Kind.NIL;
            case 0xC2, 0xC3 -> Kind.BOOLEAN;
            case 0xC4, 0xC5, 0xC6 -> Kind.BINARY;
            case 0xC7, 0xC8, 0xC9, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8 -> Kind.EXTENSION;
            case 0xCA, 0xCB -> Kind.FLOAT;
            case 0xCC, 0xCD, 0xCE, 0xCF, 0xD0, 0xD1, 0xD2, 0xD3 -> Kind.INTEGER;
            case 0xD9, 0xDA, 0xDB -> Kind.TEXT;
            case 0xDC, 0xDD -> Kind.ARRAY;
            case 0xDE, 0xDF -> Kind.MAP;
            default -> throw Malformed.INSTANCE;
        };
    }

    /** Takes a nil if one comes next. */
    boolean nil() {
        if (at < bytes.length && (bytes[at] & 0xFF) == NIL) {
            at++;
            return true;
        }
        return false;
    }

    /** An integer's 64 bits: of an unsigned one beyond the signed range, as they are. */
    long integer() throws Malformed {
        int b = next();
        if (b < 0x80) {
            return b;
        }
        if (b >= 0xE0) {
            return (byte) b;
        }
        return switch (b) {
            case 0xCC -> u8();
            case 0xCD -> u16();
            case 0xCE -> i32() & 0xFFFFFFFFL;
            case 0xCF, 0xD3 -> i64();
            case 0xD0 -> (byte) u8();
            case 0xD1 -> (short) u16();
            case 0xD2 -> i32();
            default -> throw Malformed.INSTANCE;
        };
    }

    /**
     * As many integers in a row as there are, at most {@code n}; of each the lowest 32 bits.
     *
     * @return how many
     */
    int integers(int[] into, int n) {
        int some = lists.read(bytes, at, into, n);
        at = lists.end();
        return some;
    }

    /**
     * As many integers in a row as there are, at most {@code n}.
     *
     * @return how many
     */
    int integers(long[] into, int n) throws Malformed {
        int i = lists.read(bytes, at, into, n);
        at = lists.end();
        while (i < n && at < bytes.length && kind() == Kind.INTEGER) {
            into[i++] = integer();
        }
        return i;
    }

    /** Whether the last byte can be a nil or an integer below 128. */
    boolean endsWithSmallNumber() {
        int last = bytes.length == 0 ? 0xFF : bytes[bytes.length - 1] & 0xFF;
        return last < 0x80 || last == NIL;
    }

    /** The integer that the last byte is; -1 for nil. */
    int lastSmallNumber() {
        int last = bytes[bytes.length - 1] & 0xFF;
        return last == NIL ? -1 : last;
    }

    /** An integer or a float as a number. */
    double number() throws Malformed {
        int b = at < bytes.length ? bytes[at] & 0xFF : NIL;
        if (b == 0xCA) {
            at++;
            return Float.intBitsToFloat(i32());
        }
        if (b == 0xCB) {
            at++;
            return Double.longBitsToDouble(i64());
        }
        return integer();
    }

    /** Elements of an array, of which each takes a byte at least. */
    int array() throws Malformed {
        int b = next();
        int n;
        if (b >= 0x90 && b < 0xA0) {
            n = b & 15;
        } else if (b == 0xDC) {
            n = u16();
        } else if (b == 0xDD) {
            n = i32();
        } else {
            throw Malformed.INSTANCE;
        }
        need(n);
        return n;
    }

    /** Entries of a map, of which each takes two bytes at least. */
    int map() throws Malformed {
        int b = next();
        int n;
        if (b >= 0x80 && b < 0x90) {
            n = b & 15;
        } else if (b == 0xDE) {
            n = u16();
        } else if (b == 0xDF) {
            n = i32();
        } else {
            throw Malformed.INSTANCE;
        }
        if (n < 0 || n > left() / 2) {
            throw Malformed.INSTANCE;
        }
        return n;
    }

    /** Goes over a text or binary value and returns where its bytes begin; {@link #length} says how many there are. */
    int string() throws Malformed {
        int b = next();
        int n;
        if (b >= 0xA0 && b < 0xC0) {
            n = b & 31;
        } else {
            n = switch (b) {
                case 0xC4, 0xD9 -> u8();
                case 0xC5, 0xDA -> u16();
                case 0xC6, 0xDB -> i32();
                default -> throw Malformed.INSTANCE;
            };
        }
        need(n);
        length = n;
        int start = at;
        at += n;
        return start;
    }

    /** Of the value that {@link #string} went over last, in bytes. */
    int length() {
        return length;
    }

    /** A text, or a binary value taken for one. */
    String text() throws Malformed {
        int start = string();
        return new String(bytes, start, length, StandardCharsets.UTF_8);
    }

    /** Whether the text or binary value that {@link #string} went over last, and that begins there, is this one. */
    boolean is(int start, String ascii) {
        if (length != ascii.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[start + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    byte at(int position) {
        return bytes[position];
    }

    long longAt(int position) {
        return buffer.getLong(position);
    }

    /** Goes over one value, whatever it is. */
    void skip() throws Malformed {
        skip(0);
    }

    private void skip(int depth) throws Malformed {
        if (depth > MAX_DEPTH) {
            throw Malformed.INSTANCE;
        }
        switch (kind()) {
            case NIL, BOOLEAN -> at++;
            case INTEGER -> integer();
            case FLOAT -> number();
            case TEXT, BINARY -> string();
            case ARRAY -> {
                for (int n = array(); n > 0; n--) {
                    skip(depth + 1);
                }
            }
            case MAP -> {
                for (int n = map(); n > 0; n--) {
                    skip(depth + 1);
                    skip(depth + 1);
                }
            }
            case EXTENSION -> skipExtension();
        }
    }

    private void skipExtension() throws Malformed {
        int b = next();
        int n = switch (b) {
            case 0xC7 -> u8();
            case 0xC8 -> u16();
            case 0xC9 -> i32();
            default -> 1 << (b - 0xD4);
        };
        need(n);
        need(n + 1);
        at += n + 1;
    }
}
