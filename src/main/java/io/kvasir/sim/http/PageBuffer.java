package io.kvasir.sim.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of a metrics page under construction; kept and filled again for each page. */
final class PageBuffer {
    private static final double EXACT = 1e15;

    private byte[] bytes = new byte[32 * 1024];
    private int length;
    private final byte[] digits = new byte[20];

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    byte[] bytes() {
        return bytes;
    }

    void put(byte[] more) {
        room(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
    }

    void put(String more) {
        put(more.getBytes(StandardCharsets.UTF_8));
    }

    /** A number as Python prints a float, except that exponents start earlier, and a line end. */
    void line(double value) {
        long whole = (long) value;
        if (whole != value || value >= EXACT || value < 0) {
            put(Double.toString(value));
            put("\n");
            return;
        }
        line(whole);
    }

    /** A count, as a float, and a line end. */
    void line(long count) {
        int at = digits.length;
        long rest = count;
        do {
            digits[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        int size = digits.length - at;
        room(size + 3);
        System.arraycopy(digits, at, bytes, length, size);
        length += size;
        bytes[length++] = '.';
        bytes[length++] = '0';
        bytes[length++] = '\n';
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
