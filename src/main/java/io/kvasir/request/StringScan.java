package io.kvasir.request;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads JSON strings, eight bytes at a time where nothing needs a closer look. A string that is captured or streamed is
 * unescaped on the way into a small buffer: an escaped half of a surrogate pair becomes U+FFFD, all else is exact. What
 * is checked is what Jackson checks: of UTF-8 that lead bytes are followed by their continuation bytes and that no
 * surrogates are encoded, of escapes that they are complete, and in names that surrogates come in pairs.
 */
final class StringScan {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = '"' * ONES;
    private static final long BACKSLASHES = '\\' * ONES;
    private static final long SPACES = ' ' * ONES;

    private static final int CAPACITY = ScanLimits.FIELD_LENGTH_CEILING;
    /** Room behind the capacity for what is written before the next look at it. */
    private static final int SLACK = 16;

    private static final int PLAIN = 0;
    private static final int ESCAPE = 1;
    private static final int HEX = 2;
    private static final int AFTER_HIGH = 3;
    private static final int CONTINUATION = 4;

    private static final int REPLACEMENT = 0xFFFD;
    private static final long FNV_BASIS = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    private final JsonEvents events;
    private final byte[] buffer = new byte[CAPACITY + SLACK];
    private int used;
    private int mode;
    private boolean name;
    private boolean overlong;
    /** The hash of what did not fit into the buffer, where it is overlong. */
    private long overflow;

    private boolean ended;

    private int state;
    /** Bytes still to come: of a Unicode escape's digits or of a character. */
    private int missing;

    private int unit;
    /** The first half of a surrogate pair whose second half is still to come, else 0. */
    private int high;
    /** Whether the next continuation byte makes a surrogate if it is 0xA0 or more. */
    private boolean nearSurrogates;

    StringScan(JsonEvents events) {
        this.events = events;
    }

    /**
     * A string starts after this.
     *
     * @param how {@link JsonEvents#STREAM} and {@link JsonEvents#CAPTURE} unescape, others only check
     * @param memberName whether it is the name of a member
     */
    void begin(int how, boolean memberName) {
        mode = how;
        name = memberName;
        used = 0;
        overlong = false;
        ended = false;
        state = PLAIN;
        high = 0;
    }

    /** Whether the last {@link #scan} met the end of the string. */
    boolean ended() {
        return ended;
    }

    byte[] buffer() {
        return buffer;
    }

    int capturedLength() {
        return overlong ? -1 : used;
    }

    /** Tells captured values of any length apart: FNV-1a in 64 bits, of the unescaped bytes, however they came in chunks. */
    long capturedHash() {
        long hash = overlong ? overflow : FNV_BASIS;
        for (int i = 0; i < used; i++) {
            hash = (hash ^ buffer[i] & 0xFF) * FNV_PRIME;
        }
        return hash;
    }

    /**
     * Reads on.
     *
     * @param shift bytes of the body before index 0, for errors
     * @return the index after the closing quote, or {@code end}
     */
    int scan(byte[] bytes, int from, int end, long shift) {
        boolean copying = mode == JsonEvents.STREAM || mode == JsonEvents.CAPTURE;
        int i = from;
        while (i < end && !ended) {
            if (state != PLAIN) {
                i = resume(bytes, i, end, shift);
            } else {
                i = copying ? copy(bytes, i, end, shift) : skip(bytes, i, end, shift);
            }
        }
        if (ended && mode == JsonEvents.STREAM && used > 0) {
            drain();
        }
        return i;
    }

    /**
     * The high bit of each byte that is no plain character of a string. Exact for the first such byte; a borrow may set
     * bits of later ones.
     */
    private static long special(long word) {
        return (((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES) | word) & HIGH_BITS;
    }

    private int skip(byte[] bytes, int from, int end, long shift) {
        int i = from;
        while (i < end) {
            if (i <= end - Long.BYTES) {
                long special = special((long) LONG.get(bytes, i));
                if (special == 0) {
                    i += Long.BYTES;
                    continue;
                }
                i += Long.numberOfTrailingZeros(special) >>> 3;
            }
            byte c = bytes[i];
            if (c == '"') {
                ended = true;
                return i + 1;
            }
            if (c == '\\') {
                if (i + 1 == end || JsonCharacters.escaped(bytes[i + 1]) == 0) {
                    state = ESCAPE;
                    return i + 1;
                }
                i += 2;
            } else if (c < 0) {
                int n = i <= end - Integer.BYTES ? JsonCharacters.characterLength((int) INT.get(bytes, i)) : 0;
                if (n == 0) {
                    lead(c, shift + i);
                    return i + 1;
                }
                i += n;
            } else if (c < ' ') {
                throw control(c, shift + i);
            } else {
                i++;
            }
        }
        return i;
    }

    private int copy(byte[] bytes, int from, int end, long shift) {
        byte[] out = buffer;
        int i = from;
        int o = used;
        while (i < end) {
            if (o > CAPACITY) {
                used = o;
                drain();
                o = 0;
            }
            if (i <= end - Long.BYTES) {
                long word = (long) LONG.get(bytes, i);
                LONG.set(out, o, word);
                long special = special(word);
                if (special == 0) {
                    i += Long.BYTES;
                    o += Long.BYTES;
                    continue;
                }
                int plain = Long.numberOfTrailingZeros(special) >>> 3;
                i += plain;
                o += plain;
            }
            byte c = bytes[i];
            if (c == '"') {
                used = o;
                ended = true;
                return i + 1;
            }
            if (c == '\\') {
                do {
                    byte escaped = i + 1 < end ? JsonCharacters.escaped(bytes[i + 1]) : 0;
                    if (escaped != 0) {
                        out[o++] = escaped;
                        i += 2;
                        continue;
                    }
                    int character = JsonCharacters.unicode(bytes, i, end);
                    if (character < 0) {
                        used = o;
                        state = ESCAPE;
                        return i + 1;
                    }
                    o = JsonCharacters.encode(character, out, o);
                    i += character > 0xFFFF ? 12 : 6;
                } while (i < end && bytes[i] == '\\' && o <= CAPACITY);
            } else if (c < 0) {
                do {
                    int word = i <= end - Integer.BYTES ? (int) INT.get(bytes, i) : 0;
                    int n = JsonCharacters.characterLength(word);
                    if (n == 0) {
                        out[o++] = bytes[i];
                        used = o;
                        lead(bytes[i], shift + i);
                        return i + 1;
                    }
                    INT.set(out, o, word);
                    i += n;
                    o += n;
                } while (i < end && bytes[i] < 0 && o <= CAPACITY);
            } else if (c < ' ') {
                throw control(c, shift + i);
            } else {
                out[o++] = c;
                i++;
            }
        }
        used = o;
        return i;
    }

    /** The first byte of a character whose others are beyond this chunk or wrong. */
    private void lead(byte c, long at) {
        if ((c & 0xE0) == 0xC0) {
            missing = 1;
        } else if ((c & 0xF0) == 0xE0) {
            missing = 2;
        } else if ((c & 0xF8) == 0xF0) {
            missing = 3;
        } else {
            throw new MalformedBodyException(at, "invalid UTF-8: " + JsonLexer.show(c) + " starts no character");
        }
        nearSurrogates = c == (byte) 0xED;
        state = CONTINUATION;
    }

    /** Byte by byte through what the fast loops leave: escapes and characters cut by a chunk's end, pairs, errors. */
    private int resume(byte[] bytes, int from, int end, long shift) {
        int i = from;
        while (i < end && state != PLAIN) {
            byte c = bytes[i];
            switch (state) {
                case ESCAPE -> {
                    byte escaped = JsonCharacters.escaped(c);
                    if (escaped != 0) {
                        flushHigh(shift + i);
                        put(escaped);
                        state = PLAIN;
                    } else if (c == 'u') {
                        missing = 4;
                        unit = 0;
                        state = HEX;
                    } else {
                        throw new MalformedBodyException(
                                shift + i, "unknown escape " + JsonLexer.show(c) + " after a backslash");
                    }
                }
                case HEX -> {
                    int digit = JsonCharacters.digit(c);
                    if (digit < 0) {
                        throw new MalformedBodyException(
                                shift + i, JsonLexer.show(c) + " is no hexadecimal digit of a Unicode escape");
                    }
                    unit = unit << 4 | digit;
                    if (--missing == 0) {
                        unit(shift + i);
                    }
                }
                case AFTER_HIGH -> {
                    if (c != '\\') {
                        flushHigh(shift + i);
                        state = PLAIN;
                        return i;
                    }
                    state = ESCAPE;
                }
                default -> {
                    if ((c & 0xC0) != 0x80 || (nearSurrogates && (c & 0x20) != 0)) {
                        throw new MalformedBodyException(
                                shift + i, "invalid UTF-8: " + JsonLexer.show(c) + " continues no character");
                    }
                    nearSurrogates = false;
                    put(c);
                    if (--missing == 0) {
                        state = PLAIN;
                    }
                }
            }
            i++;
        }
        return i;
    }

    private void unit(long at) {
        state = PLAIN;
        if ((unit & 0xFC00) == 0xDC00 && high != 0) {
            int character = Character.toCodePoint((char) high, (char) unit);
            high = 0;
            character(character);
            return;
        }
        flushHigh(at);
        if ((unit & 0xFC00) == 0xD800) {
            high = unit;
            state = AFTER_HIGH;
        } else if ((unit & 0xFC00) == 0xDC00) {
            half(at);
        } else {
            character(unit);
        }
    }

    private void flushHigh(long at) {
        if (high != 0) {
            high = 0;
            half(at);
        }
    }

    /** An escaped surrogate turned out to have no other half. */
    private void half(long at) {
        if (name) {
            throw new MalformedBodyException(at, "half a surrogate pair in a member name");
        }
        character(REPLACEMENT);
    }

    private void character(int character) {
        used = JsonCharacters.encode(character, buffer, used);
        if (used > CAPACITY) {
            drain();
        }
    }

    private void put(byte c) {
        buffer[used++] = c;
        if (used > CAPACITY) {
            drain();
        }
    }

    private void drain() {
        if (mode == JsonEvents.STREAM) {
            events.piece(buffer, 0, used);
        } else {
            if (!name) {
                overflow = capturedHash();
            }
            overlong = true;
        }
        used = 0;
    }

    private static MalformedBodyException control(byte c, long at) {
        return new MalformedBodyException(at, "control character " + JsonLexer.show(c) + " in a string is not escaped");
    }
}
