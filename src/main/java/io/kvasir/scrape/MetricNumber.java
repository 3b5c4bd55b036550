package io.kvasir.scrape;

import java.nio.charset.StandardCharsets;

/** Numbers as metrics pages write them: decimal with optional exponent, {@code NaN}, {@code Inf} with or without sign. */
final class MetricNumber {
    /** Powers of ten that a double holds exactly. */
    private static final double[] TENS = {
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    private static final long EXACT = 1L << 53;
    private static final int MAX_LENGTH = 64;

    private MetricNumber() {}

    /** Whether those bytes are a number. */
    static boolean valid(byte[] text, int from, int end) {
        int at = from;
        if (at < end && (text[at] == '+' || text[at] == '-')) {
            at++;
        }
        if (at >= end || end - from > MAX_LENGTH) {
            return false;
        }
        if (text[at] == 'N' || text[at] == 'n' || text[at] == 'I' || text[at] == 'i') {
            return word(text, at, end, "nan") && at == from
                    || word(text, at, end, "inf")
                    || word(text, at, end, "infinity");
        }
        int digits = 0;
        for (; at < end && digit(text[at]); at++) {
            digits++;
        }
        if (at < end && text[at] == '.') {
            for (at++; at < end && digit(text[at]); at++) {
                digits++;
            }
        }
        if (digits == 0) {
            return false;
        }
        if (at < end && (text[at] == 'e' || text[at] == 'E')) {
            at++;
            if (at < end && (text[at] == '+' || text[at] == '-')) {
                at++;
            }
            int exponent = at;
            while (at < end && digit(text[at])) {
                at++;
            }
            if (at == exponent) {
                return false;
            }
        }
        return at == end;
    }

    /** The value of bytes that are {@link #valid}, rounded as {@link Double#parseDouble} rounds. */
    static double parse(byte[] text, int from, int end) {
        int at = from;
        boolean negative = text[at] == '-';
        if (negative || text[at] == '+') {
            at++;
        }
        if (!digit(text[at]) && text[at] != '.') {
            return text[at] == 'N' || text[at] == 'n'
                    ? Double.NaN
                    : negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        long mantissa = 0;
        int scale = 0;
        boolean point = false;
        for (; at < end; at++) {
            byte b = text[at];
            if (digit(b)) {
                mantissa = mantissa * 10 + (b - '0');
                scale -= point ? 1 : 0;
                if (mantissa >= EXACT) {
                    return slow(text, from, end);
                }
            } else if (b == '.') {
                point = true;
            } else {
                break;
            }
        }
        if (at < end) {
            boolean down = text[++at] == '-';
            if (down || text[at] == '+') {
                at++;
            }
            int exponent = 0;
            for (; at < end && exponent < 10_000; at++) {
                exponent = exponent * 10 + (text[at] - '0');
            }
            scale += down ? -exponent : exponent;
        }
        // exact operands and one rounding: Clinger, "How to Read Floating Point Numbers Accurately", 1990
        if (scale < -22 || scale > 22) {
            return slow(text, from, end);
        }
        double value = scale < 0 ? mantissa / TENS[-scale] : mantissa * TENS[scale];
        return negative ? -value : value;
    }

    private static double slow(byte[] text, int from, int end) {
        return Double.parseDouble(new String(text, from, end - from, StandardCharsets.ISO_8859_1));
    }

    private static boolean digit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean word(byte[] text, int from, int end, String word) {
        if (end - from != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if ((text[from + i] | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
