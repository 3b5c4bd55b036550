package io.kvasir.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds the field {@code model} of a form (RFC 7578) while it passes; of several the last counts, as for the engines. Keeps
 * the head of one part and one name at a time, never the content of a file. What is no form is passed over.
 */
final class FormScanner {
    /** Bytes of a part's head at most. */
    private static final int LONGEST_HEAD = 8192;

    private enum State {
        /** Before the first delimiter, or in a part's content. */
        CONTENT,
        /** Behind a delimiter. */
        DELIMITER,
        HEAD,
        /** Behind the last delimiter, or what comes is no form. */
        OVER
    }

    private final byte[] delimiter;
    private final int longestName;
    private State state = State.CONTENT;
    private long position;
    /** Bytes of the delimiter that the last bytes were; the body begins as if a line had ended before it. */
    private int matched = 2;

    /** The byte behind a delimiter that was read last; -1 for none. */
    private int before = -1;

    private byte[] kept = new byte[256];
    private int keptLength;
    private boolean naming;
    private long nameStart;
    private long firstPart = -1;
    private @Nullable String model;
    private @Nullable ByteRange range;

    FormScanner(String boundary, int longestName) {
        delimiter = ("\r\n--" + boundary).getBytes(ISO_8859_1);
        this.longestName = longestName;
    }

    void feed(byte[] bytes, int offset, int length) {
        int end = offset + length;
        for (int i = offset; i < end && state != State.OVER; i++) {
            if (state == State.CONTENT && matched == 0 && !naming) {
                while (i < end && bytes[i] != '\r') {
                    i++;
                    position++;
                }
                if (i == end) {
                    return;
                }
            }
            take(bytes[i]);
            position++;
        }
    }

    private void take(byte b) {
        switch (state) {
            case CONTENT -> content(b);
            case DELIMITER -> {
                if (b == '\n' && before == '\r') {
                    state = State.HEAD;
                    keptLength = 0;
                } else if (before >= 0 && before != ' ' && before != '\t') {
                    // the hyphens of the last delimiter, or no form
                    state = State.OVER;
                }
                before = b & 0xff;
            }
            case HEAD -> head(b);
            case OVER -> {}
        }
    }

    private void content(byte b) {
        if (b == delimiter[matched]) {
            matched++;
            if (matched == delimiter.length) {
                delimited();
            }
            return;
        }
        // the first byte of the delimiter stands nowhere else in it
        keep(delimiter, matched);
        matched = b == '\r' ? 1 : 0;
        if (matched == 0) {
            keep(b);
        }
    }

    private void delimited() {
        if (firstPart < 0) {
            firstPart = position + 1 - (delimiter.length - 2);
        }
        if (naming) {
            naming = false;
            boolean fits = keptLength <= longestName && keptLength > 0;
            model = fits ? new String(kept, 0, keptLength, UTF_8) : null;
            range = new ByteRange(nameStart, position + 1 - delimiter.length);
        }
        state = State.DELIMITER;
        matched = 0;
        before = -1;
    }

    private void keep(byte[] bytes, int count) {
        for (int i = 0; i < count; i++) {
            keep(bytes[i]);
        }
    }

    private void keep(byte b) {
        if (naming && keptLength <= longestName) {
            put(b);
        }
    }

    private void put(byte b) {
        if (keptLength == kept.length) {
            kept = Arrays.copyOf(kept, 2 * keptLength);
        }
        kept[keptLength++] = b;
    }

    private void head(byte b) {
        if (keptLength == LONGEST_HEAD) {
            state = State.OVER;
            return;
        }
        put(b);
        if (b != '\n') {
            return;
        }
        boolean none = keptLength == 2 && kept[0] == '\r';
        if (none || endsWithEmptyLine()) {
            naming = !none && namesModel(new String(kept, 0, keptLength, UTF_8));
            nameStart = position + 1;
            keptLength = 0;
            state = State.CONTENT;
            matched = 0;
        }
    }

    private boolean endsWithEmptyLine() {
        return keptLength >= 4
                && kept[keptLength - 4] == '\r'
                && kept[keptLength - 3] == '\n'
                && kept[keptLength - 2] == '\r';
    }

    /** Whether a part's head is that of the field, and not of a file. */
    private static boolean namesModel(String head) {
        for (String field : head.split("\r\n", -1)) {
            int colon = field.indexOf(':');
            if (colon > 0 && field.substring(0, colon).strip().equalsIgnoreCase("content-disposition")) {
                String parameters = field.substring(colon + 1).replace(" ", "").replace("\t", "");
                boolean named = false;
                for (String parameter : parameters.split(";", -1)) {
                    String lower = parameter.toLowerCase(Locale.ROOT);
                    if (lower.startsWith("filename")) {
                        return false;
                    }
                    named |= lower.startsWith("name=")
                            && unquoted(parameter.substring(5)).equals("model");
                }
                return named;
            }
        }
        return false;
    }

    private static String unquoted(String text) {
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }

    /** The model's name; null where no field names one. */
    @Nullable
    String model() {
        return model;
    }

    /** Where the name stands in the body; null for none. */
    @Nullable
    ByteRange range() {
        return range;
    }

    /** Bytes of the body before its first part, delimiter included; -1 where there is none. */
    long firstPart() {
        return firstPart;
    }

    /** A part that is the field, to be put in front of the others. */
    static byte[] part(String boundary, String model) {
        return ("--" + boundary + "\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n" + model + "\r\n")
                .getBytes(UTF_8);
    }
}
