package io.kvasir.request;

import java.util.Arrays;

/** Single characters as JSON writes them: in UTF-8 and as escapes. */
final class JsonCharacters {
    /** By the byte after a backslash: what both stand for, 0 for none or a Unicode escape. */
    private static final byte[] ESCAPES = escapes();
    /** By byte: the value of a hexadecimal digit, negative for none. */
    private static final byte[] DIGITS = digits();

    private JsonCharacters() {}

    private static byte[] escapes() {
        byte[] table = new byte[256];
        table['"'] = '"';
        table['\\'] = '\\';
        table['/'] = '/';
        table['b'] = '\b';
        table['f'] = '\f';
        table['n'] = '\n';
        table['r'] = '\r';
        table['t'] = '\t';
        return table;
    }

    private static byte[] digits() {
        byte[] table = new byte[256];
        Arrays.fill(table, (byte) -1);
        for (int i = 0; i < 16; i++) {
            table[Character.forDigit(i, 16)] = (byte) i;
            table[Character.toUpperCase(Character.forDigit(i, 16))] = (byte) i;
        }
        return table;
    }

    /** What a backslash and this byte stand for; 0 for none or a Unicode escape. */
    static byte escaped(byte c) {
        return ESCAPES[c & 0xFF];
    }

    /** The value of a hexadecimal digit, negative for none. */
    static int digit(byte c) {
        return DIGITS[c & 0xFF];
    }

    /** Bytes of the character that {@code word} begins with, lowest byte first; 0 where it is not a valid one. */
    static int characterLength(int word) {
        if ((word & 0x00C0C0F0) == 0x008080E0) {
            return (word & 0x000020FF) == 0x000020ED ? 0 : 3;
        }
        if ((word & 0x0000C0E0) == 0x000080C0) {
            return 2;
        }
        return (word & 0xC0C0C0F8) == 0x808080F0 ? 4 : 0;
    }

    /** The character of a whole Unicode escape, or pair of them, at {@code i}; -1 for what is none, invalid or goes on after {@code end}. */
    static int unicode(byte[] bytes, int i, int end) {
        if (i > end - 6 || bytes[i + 1] != 'u') {
            return -1;
        }
        int first = digits(bytes, i + 2);
        if (first < 0 || (first & 0xF800) != 0xD800) {
            return first;
        }
        if (first >= 0xDC00 || i > end - 12 || bytes[i + 6] != '\\' || bytes[i + 7] != 'u') {
            return -1;
        }
        int second = digits(bytes, i + 8);
        return (second & 0xFFFFFC00) == 0xDC00 ? Character.toCodePoint((char) first, (char) second) : -1;
    }

    /** Four hexadecimal digits, negative where one is none. */
    private static int digits(byte[] bytes, int i) {
        return DIGITS[bytes[i] & 0xFF] << 12
                | DIGITS[bytes[i + 1] & 0xFF] << 8
                | DIGITS[bytes[i + 2] & 0xFF] << 4
                | DIGITS[bytes[i + 3] & 0xFF];
    }

    /** Writes a character as UTF-8; returns the index after it. */
    static int encode(int character, byte[] out, int at) {
        int o = at;
        if (character < 0x80) {
            out[o++] = (byte) character;
            return o;
        }
        if (character < 0x800) {
            out[o++] = (byte) (0xC0 | character >> 6);
        } else {
            if (character < 0x10000) {
                out[o++] = (byte) (0xE0 | character >> 12);
            } else {
                out[o++] = (byte) (0xF0 | character >> 18);
                out[o++] = (byte) (0x80 | ((character >> 12) & 0x3F));
            }
            out[o++] = (byte) (0x80 | ((character >> 6) & 0x3F));
        }
        out[o++] = (byte) (0x80 | (character & 0x3F));
        return o;
    }
}
