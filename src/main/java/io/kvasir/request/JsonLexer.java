package io.kvasir.request;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A resumable JSON lexer and syntax check over bytes: any cut of a text into chunks gives the same events. It accepts
 * what Jackson's strict byte parser accepts, with the root an object. Keeps nothing of the text but one small buffer.
 */
final class JsonLexer {
    private static final int START = 0;
    private static final int MEMBER_OR_END = 1;
    private static final int MEMBER = 2;
    private static final int COLON = 3;
    private static final int VALUE_OR_END = 4;
    private static final int VALUE = 5;
    private static final int AFTER_VALUE = 6;
    private static final int DONE = 7;
    private static final int IN_STRING = 8;
    private static final int IN_NUMBER = 9;
    private static final int IN_LITERAL = 10;
    private static final int BYTE_ORDER_MARK = 11;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** Digits that are read at once, with room for what ends them. */
    private static final int SAFE_DIGITS = 7;

    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final byte[][] LITERALS = {
        "true".getBytes(US_ASCII), "false".getBytes(US_ASCII), "null".getBytes(US_ASCII)
    };

    private final JsonEvents events;
    private final ScanLimits limits;
    private final StringScan string;
    private final NumberScan number;
    private final int integerDigits;
    /** One bit a level: 1 for an object, 0 for an array. */
    private final long[] nesting;

    private int state;
    private int depth;
    /** The depth outside the object or array being skipped or reported raw; -1 where there is none. */
    private int quiet;

    private int kind;
    private boolean raw;
    private int rawFrom;
    private boolean name;
    private boolean integers;
    private long tokenStart;
    private byte[] literal = MARK;
    private int matched;
    /** Bytes of the body before this chunk, less the chunk's first index. */
    private long shift;

    private long offset;
    private long position;

    JsonLexer(JsonEvents events, ScanLimits limits) {
        this.events = events;
        this.limits = limits;
        string = new StringScan(events);
        number = new NumberScan();
        integerDigits = Math.min(SAFE_DIGITS, limits.maxNumberLength());
        nesting = new long[(limits.maxDepth() + Long.SIZE) / Long.SIZE];
        reset();
    }

    void reset() {
        state = START;
        depth = 0;
        quiet = -1;
        raw = false;
        integers = false;
        offset = 0;
        position = 0;
    }

    /** Bytes before the value that begins, or up to the end of the one that ended. */
    long position() {
        return position;
    }

    /** Bytes fed. */
    long offset() {
        return offset;
    }

    /** The string value that was {@link JsonEvents#CAPTURE captured} and ends now. */
    byte[] captured() {
        return string.buffer();
    }

    /** Length of {@link #captured}; -1 for more than {@link ScanLimits#FIELD_LENGTH_CEILING}. */
    int capturedLength() {
        return string.capturedLength();
    }

    /** What tells captured values of any length apart. */
    long capturedHash() {
        return string.capturedHash();
    }

    /** The number that ends now; beyond the range of {@code long} its nearest end. */
    long number() {
        return number.value();
    }

    /** Whether the number that ends now is written without fraction and exponent. */
    boolean integral() {
        return number.integral();
    }

    void feed(byte[] bytes, int from, int length) {
        int end = from + length;
        shift = offset - from;
        rawFrom = from;
        int i = from;
        while (i < end) {
            i = switch (state) {
                case IN_STRING -> string(bytes, i, end);
                case IN_NUMBER -> number(bytes, i, end);
                case IN_LITERAL -> literal(bytes, i, end);
                case BYTE_ORDER_MARK -> mark(bytes, i);
                default -> structure(bytes, i, end);
            };
        }
        if (raw && end > rawFrom) {
            events.piece(bytes, rawFrom, end - rawFrom);
        }
        offset += length;
    }

    void finish() {
        if (state != DONE) {
            throw new MalformedBodyException(offset, offset == 0 ? "empty body" : "unexpected end of body");
        }
    }

    private int structure(byte[] bytes, int from, int end) {
        for (int i = from; i < end; i++) {
            byte c = bytes[i];
            if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
                continue;
            }
            switch (state) {
                case VALUE, VALUE_OR_END -> {
                    if (c == ']' && state == VALUE_OR_END) {
                        close(bytes, i, c);
                    } else if (value(i, c)) {
                        return kind == JsonEvents.STRING ? i + 1 : i;
                    }
                }
                case AFTER_VALUE -> {
                    if (c != ',') {
                        close(bytes, i, c);
                    } else if (inObject()) {
                        state = MEMBER;
                    } else {
                        state = VALUE;
                        if (integers) {
                            i = integers(bytes, i + 1, end) - 1;
                        }
                    }
                }
                case MEMBER, MEMBER_OR_END -> {
                    if (c == '"') {
                        name = true;
                        tokenStart = shift + i;
                        string.begin(quiet < 0 ? JsonEvents.CAPTURE : JsonEvents.SKIP, true);
                        state = IN_STRING;
                        return i + 1;
                    }
                    if (c != '}' || state == MEMBER) {
                        throw unexpected(c, i, "a member name");
                    }
                    close(bytes, i, c);
                }
                case COLON -> {
                    if (c != ':') {
                        throw unexpected(c, i, "':'");
                    }
                    state = VALUE;
                }
                case START -> {
                    if (c == MARK[0] && shift + i == 0) {
                        state = BYTE_ORDER_MARK;
                        matched = 0;
                        return i;
                    }
                    if (c != '{') {
                        throw new MalformedBodyException(shift + i, "the body is not a JSON object");
                    }
                    value(i, c);
                }
                default -> throw unexpected(c, i, "the end of the body");
            }
        }
        return end;
    }

    /**
     * The elements of an array, each behind its comma, as long as they are plain digits and end in a comma within this
     * chunk.
     *
     * @return the index of the first byte that is for the general way to read
     */
    private int integers(byte[] bytes, int from, int end) {
        int next = from;
        while (next < end - Long.BYTES) {
            int first = bytes[next] == ' ' ? next + 1 : next;
            long word = (long) LONG.get(bytes, first);
            int digits = NumberScan.digits(word);
            if (digits == 0
                    || digits > integerDigits
                    || bytes[first + digits] != ','
                    || (bytes[first] == '0' && digits > 1)) {
                return next;
            }
            events.integer(NumberScan.value(word, digits));
            next = first + digits + 1;
        }
        return next;
    }

    private boolean inObject() {
        return (nesting[depth >> 6] >>> depth & 1) != 0;
    }

    /** Starts a value; true where the rest of it is for another state to read. */
    private boolean value(int i, byte c) {
        int next;
        switch (c) {
            case '"' -> {
                kind = JsonEvents.STRING;
                next = IN_STRING;
            }
            case '{' -> {
                kind = JsonEvents.OBJECT;
                next = MEMBER_OR_END;
            }
            case '[' -> {
                kind = JsonEvents.ARRAY;
                next = VALUE_OR_END;
            }
            case 't', 'f', 'n' -> {
                kind = c == 't' ? JsonEvents.TRUE : c == 'f' ? JsonEvents.FALSE : JsonEvents.NULL;
                literal = LITERALS[kind - JsonEvents.TRUE];
                matched = 0;
                next = IN_LITERAL;
            }
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
                kind = JsonEvents.NUMBER;
                tokenStart = shift + i;
                number.begin();
                next = IN_NUMBER;
            }
            default -> throw unexpected(c, i, "a value");
        }
        int how = JsonEvents.SKIP;
        if (quiet < 0) {
            position = shift + i;
            how = events.begin(kind);
            integers = how == JsonEvents.INTEGERS;
            if (how == JsonEvents.RAW) {
                raw = true;
                rawFrom = i;
            }
        }
        state = next;
        if (kind == JsonEvents.STRING) {
            name = false;
            string.begin(how, false);
            return true;
        }
        if (kind > JsonEvents.ARRAY) {
            return true;
        }
        if (quiet < 0 && how != JsonEvents.ENTER) {
            quiet = depth;
        }
        if (++depth > limits.maxDepth()) {
            throw new MalformedBodyException(shift + i, "nested deeper than " + limits.maxDepth());
        }
        long bit = 1L << depth;
        if (kind == JsonEvents.OBJECT) {
            nesting[depth >> 6] |= bit;
        } else {
            nesting[depth >> 6] &= ~bit;
        }
        return false;
    }

    private void close(byte[] bytes, int i, byte c) {
        integers = false;
        boolean object = inObject();
        if (c != (object ? '}' : ']')) {
            throw unexpected(c, i, object ? "',' or '}'" : "',' or ']'");
        }
        depth--;
        state = depth == 0 ? DONE : AFTER_VALUE;
        if (quiet < 0) {
            position = shift + i + 1;
            events.leave();
        } else if (depth == quiet) {
            quiet = -1;
            ended(bytes, i + 1, object ? JsonEvents.OBJECT : JsonEvents.ARRAY);
        }
    }

    /** A value that was not entered ends before index {@code i}. */
    private void ended(byte[] bytes, int i, int endedKind) {
        if (quiet >= 0) {
            return;
        }
        if (raw) {
            raw = false;
            if (i > rawFrom) {
                events.piece(bytes, rawFrom, i - rawFrom);
            }
        }
        position = shift + i;
        events.end(endedKind);
    }

    private int string(byte[] bytes, int from, int end) {
        int i = string.scan(bytes, from, end, shift);
        if (!string.ended()) {
            return i;
        }
        if (name) {
            if (shift + i - tokenStart - 2 > limits.maxNameLength()) {
                throw new MalformedBodyException(
                        tokenStart, "a member name is longer than " + limits.maxNameLength() + " bytes");
            }
            state = COLON;
            if (quiet < 0) {
                events.name(string.buffer(), string.capturedLength());
            }
        } else {
            state = AFTER_VALUE;
            ended(bytes, i, JsonEvents.STRING);
        }
        return i;
    }

    private int number(byte[] bytes, int from, int end) {
        int i = number.scan(bytes, from, end, shift);
        if (number.ended()) {
            if (shift + i - tokenStart > limits.maxNumberLength()) {
                throw new MalformedBodyException(
                        tokenStart, "a number is longer than " + limits.maxNumberLength() + " bytes");
            }
            state = AFTER_VALUE;
            ended(bytes, i, JsonEvents.NUMBER);
        }
        return i;
    }

    private int literal(byte[] bytes, int from, int end) {
        int i = from;
        while (i < end && matched < literal.length) {
            if (bytes[i] != literal[matched]) {
                throw unexpected(bytes[i], i, "true, false or null");
            }
            i++;
            matched++;
        }
        if (matched == literal.length) {
            state = AFTER_VALUE;
            ended(bytes, i, kind);
        }
        return i;
    }

    private int mark(byte[] bytes, int i) {
        if (bytes[i] != MARK[matched]) {
            throw unexpected(bytes[i], i, "a JSON object");
        }
        if (++matched == MARK.length) {
            state = START;
        }
        return i + 1;
    }

    private MalformedBodyException unexpected(byte c, int i, String expected) {
        return new MalformedBodyException(shift + i, "unexpected " + show(c) + " instead of " + expected);
    }

    /** A byte as an error message shows it. */
    static String show(byte c) {
        return c > ' ' && c < 0x7F ? "'" + (char) c + "'" : String.format("0x%02X", c);
    }
}
