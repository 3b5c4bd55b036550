package io.kvasir.kvevents.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What Python's {@code cbor2.dumps(value, canonical=True)} makes of vLLM's blocks (RFC 8949). */
final class CanonicalCbor {
    private static final int NEGATIVE = 1;
    private static final int BYTES = 2;
    private static final int TEXT = 3;
    private static final int ARRAY = 4;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    byte[] text(String text) {
        out.reset();
        value(text);
        return out.toByteArray();
    }

    byte[] block(byte[] before, int[] tokens, int from, int to, List<?> extras) {
        out.reset();
        head(ARRAY, 3);
        value(before);
        head(ARRAY, to - from);
        for (int i = from; i < to; i++) {
            integer(tokens[i]);
        }
        if (extras.isEmpty()) {
            out.write(0xF6);
        } else {
            value(extras);
        }
        return out.toByteArray();
    }

    private void value(Object value) {
        switch (value) {
            case String text -> {
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                head(TEXT, utf8.length);
                out.writeBytes(utf8);
            }
            case byte[] bytes -> {
                head(BYTES, bytes.length);
                out.writeBytes(bytes);
            }
            case Number number -> integer(number.longValue());
            case List<?> list -> {
                head(ARRAY, list.size());
                list.forEach(this::value);
            }
            default -> throw new IllegalArgumentException("no extra key: " + value);
        }
    }

    private void integer(long value) {
        if (value >= 0) {
            head(0, value);
        } else {
            head(NEGATIVE, ~value);
        }
    }

    private void head(int major, long argument) {
        int first = major << 5;
        if (argument < 24) {
            out.write(first | (int) argument);
            return;
        }
        int bytes = argument < 1 << 8 ? 1 : argument < 1 << 16 ? 2 : argument < 1L << 32 ? 4 : 8;
        out.write(first | 24 + Integer.numberOfTrailingZeros(bytes));
        for (int i = bytes - 1; i >= 0; i--) {
            out.write((int) (argument >> 8 * i));
        }
    }
}
