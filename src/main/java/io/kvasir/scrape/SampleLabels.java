package io.kvasir.scrape;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The labels of one sample, as places in the line; nothing is copied until a value is asked for. */
final class SampleLabels {
    /** Most labels of one sample. */
    static final int MAX = 128;

    private static final byte[] EMPTY = new byte[0];

    private byte[] line = EMPTY;
    private int count;
    private final int[] nameStart = new int[MAX];
    private final int[] nameEnd = new int[MAX];
    private final int[] valueStart = new int[MAX];
    private final int[] valueEnd = new int[MAX];

    void clear() {
        count = 0;
    }

    /**
     * Reads {@code {name="value",…}}.
     *
     * @param open place of the brace
     * @return the place behind the closing brace, -1 if it is not well-formed
     */
    int read(byte[] line, int open, int end) {
        this.line = line;
        count = 0;
        int at = blanks(line, open + 1, end);
        while (at < end && line[at] != '}') {
            int name = at;
            while (at < end && letter(line[at])) {
                at++;
            }
            int nameStop = at;
            at = blanks(line, at, end);
            if (nameStop == name || at >= end || line[at] != '=' || count == MAX) {
                return -1;
            }
            at = blanks(line, at + 1, end);
            if (at >= end || line[at] != '"') {
                return -1;
            }
            int value = ++at;
            while (at < end && line[at] != '"') {
                at += line[at] == '\\' ? 2 : 1;
            }
            if (at >= end) {
                return -1;
            }
            nameStart[count] = name;
            nameEnd[count] = nameStop;
            valueStart[count] = value;
            valueEnd[count] = at;
            count++;
            at = blanks(line, at + 1, end);
            if (at < end && line[at] == ',') {
                at = blanks(line, at + 1, end);
            } else if (at < end && line[at] != '}') {
                return -1;
            }
        }
        return at < end ? at + 1 : -1;
    }

    /** Labels of the sample. */
    int count() {
        return count;
    }

    /** Index of the label with that name, -1 if the sample has none. */
    int find(byte[] name) {
        for (int i = 0; i < count; i++) {
            if (Arrays.equals(line, nameStart[i], nameEnd[i], name, 0, name.length)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether the label's value is that text, taken as written. */
    boolean is(int label, byte[] text) {
        return Arrays.equals(line, valueStart[label], valueEnd[label], text, 0, text.length);
    }

    /** Whether the label's value is a number. */
    boolean isNumber(int label) {
        return MetricNumber.valid(line, valueStart[label], valueEnd[label]);
    }

    /** The label's value as a number; only where {@link #isNumber}. */
    double number(int label) {
        return MetricNumber.parse(line, valueStart[label], valueEnd[label]);
    }

    /** Bytes of the label's value as written. */
    int length(int label) {
        return valueEnd[label] - valueStart[label];
    }

    /** Copies the label's value as written. */
    void copy(int label, byte[] to) {
        System.arraycopy(line, valueStart[label], to, 0, length(label));
    }

    String name(int label) {
        return new String(line, nameStart[label], nameEnd[label] - nameStart[label], StandardCharsets.UTF_8);
    }

    /** The label's value with its escapes undone. */
    String value(int label) {
        return unescape(line, valueStart[label], valueEnd[label]);
    }

    /** Text between quotes with {@code \n}, {@code \"} and {@code \\} undone; other escapes stay as they are. */
    static String unescape(byte[] text, int from, int end) {
        String raw = new String(text, from, end - from, StandardCharsets.UTF_8);
        if (raw.indexOf('\\') < 0) {
            return raw;
        }
        var out = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            char next = c == '\\' && i + 1 < raw.length() ? raw.charAt(i + 1) : 0;
            if (next == 'n' || next == '"' || next == '\\') {
                out.append(next == 'n' ? '\n' : next);
                i++;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static boolean letter(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == ':';
    }

    private static int blanks(byte[] line, int from, int end) {
        int at = from;
        while (at < end && (line[at] == ' ' || line[at] == '\t')) {
            at++;
        }
        return at;
    }
}
