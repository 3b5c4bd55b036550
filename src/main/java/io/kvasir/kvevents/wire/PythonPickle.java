package io.kvasir.kvevents.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What Python's {@code pickle.dumps(value, protocol=5)} makes of vLLM's blocks. */
final class PythonPickle {
    private static final int FRAME_AT = 2;
    private static final int BODY_AT = 11;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    /** What can be referred to instead of being written again, by its number. */
    private final List<Object> memo = new ArrayList<>();

    byte[] text(String text) {
        begin();
        value(text);
        return end();
    }

    byte[] block(byte[] before, int[] tokens, int from, int to, List<?> extras) {
        begin();
        value(before);
        tuple(to - from, i -> integer(tokens[from + i]));
        if (extras.isEmpty()) {
            out.write('N');
        } else {
            value(extras);
        }
        out.write(0x87);
        memoize(this);
        return end();
    }

    private void begin() {
        out.reset();
        memo.clear();
        out.write(0x80);
        out.write(5);
        out.write(0x95);
        out.writeBytes(new byte[8]);
    }

    private byte[] end() {
        out.write('.');
        byte[] all = out.toByteArray();
        ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(FRAME_AT + 1, (long) all.length - BODY_AT);
        return all;
    }

    private void memoize(Object value) {
        memo.add(value);
        out.write(0x94);
    }

    private interface Items {
        void write(int i);
    }

    private void tuple(int n, Items items) {
        if (n == 0) {
            out.write(')');
            return;
        }
        if (n > 3) {
            out.write('(');
        }
        for (int i = 0; i < n; i++) {
            items.write(i);
        }
        out.write(n > 3 ? 't' : 0x84 + n);
        // never referred to
        memoize(items);
    }

    private void value(Object value) {
        switch (value) {
            case String text -> string(text);
            case byte[] bytes -> {
                out.write('C');
                out.write(bytes.length);
                out.writeBytes(bytes);
                memoize(bytes);
            }
            case Number number -> integer(number.longValue());
            case List<?> list -> tuple(list.size(), i -> value(list.get(i)));
            default -> throw new IllegalArgumentException("no extra key: " + value);
        }
    }

    /** Equal texts are one object, as tags are in vLLM. */
    private void string(String text) {
        int known = memo.indexOf(text);
        if (known >= 0) {
            out.write(known < 256 ? 'h' : 'j');
            number(known, known < 256 ? 1 : 4);
            return;
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length < 256) {
            out.write(0x8C);
            out.write(utf8.length);
        } else {
            out.write('X');
            number(utf8.length, 4);
        }
        out.writeBytes(utf8);
        memoize(text);
    }

    private void integer(long value) {
        if (value >= 0 && value < 1 << 8) {
            out.write('K');
            number(value, 1);
        } else if (value >= 0 && value < 1 << 16) {
            out.write('M');
            number(value, 2);
        } else if (value == (int) value) {
            out.write('J');
            number(value, 4);
        } else {
            int bytes = (64 - Long.numberOfLeadingZeros(value < 0 ? ~value : value)) / 8 + 1;
            out.write(0x8A);
            out.write(bytes);
            number(value, bytes);
        }
    }

    private void number(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >> 8 * i));
        }
    }
}
