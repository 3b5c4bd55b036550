package io.kvasir.route;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * Finds the id of the object that an answer tells of, in the first {@value #MOST} bytes of its body: the {@code id} of
 * the JSON object or, in an event stream, of an event's object or of its {@code response}. Fed in pieces cut anywhere.
 */
final class FirstId {
    static final int MOST = 4096;

    private final byte[] text = new byte[StoredObject.LONGEST_ID];
    private int length;
    private int seen;
    private int depth;
    private boolean string;
    private boolean escaped;
    /** Whether a string that begins now is a member's name. */
    private boolean name;
    /** Whether the string being read, or read last, is the value of {@code id}, or can be. */
    private boolean idIsNext;

    private boolean responseIsNext;
    private int responseDepth = -1;
    private @Nullable String found;

    /** Whether more bytes can tell anything. */
    boolean done() {
        return found != null || seen >= MOST;
    }

    /** The id; null while it was not seen. */
    @Nullable
    String id() {
        return found;
    }

    void feed(byte[] bytes, int offset, int count) {
        for (int i = offset; i < offset + count && !done(); i++) {
            seen++;
            if (string) {
                inString(bytes[i]);
            } else {
                outside(bytes[i]);
            }
        }
    }

    private void inString(byte b) {
        if (escaped) {
            escaped = false;
            length = text.length + 1;
        } else if (b == '\\') {
            escaped = true;
        } else if (b == '"') {
            string = false;
            ended();
        } else if (length < text.length && b > ' ' && b < 0x7f) {
            text[length++] = b;
        } else {
            // longer than an id, or no id at all
            length = text.length + 1;
        }
    }

    private void ended() {
        if (name) {
            idIsNext = (depth == 1 || depth == responseDepth) && is("id");
            responseIsNext = depth == 1 && is("response");
        } else if (idIsNext && length > 0 && length <= text.length) {
            found = new String(text, 0, length, US_ASCII);
        }
    }

    private boolean is(String word) {
        return length == word.length() && new String(text, 0, length, US_ASCII).equals(word);
    }

    private void outside(byte b) {
        switch (b) {
            case '"' -> {
                string = depth > 0;
                length = 0;
            }
            case '{' -> {
                depth++;
                if (responseIsNext) {
                    responseDepth = depth;
                }
                name = true;
                idIsNext = false;
                responseIsNext = false;
            }
            case '[' -> {
                // members of a list are no members of the object
                depth += 1 << 16;
                name = false;
                idIsNext = false;
            }
            case ']' -> depth = Math.max(0, depth - (1 << 16));
            case '}' -> {
                if (depth == responseDepth) {
                    responseDepth = -1;
                }
                depth = Math.max(0, depth - 1);
            }
            case ':' -> name = false;
            case ',' -> {
                name = true;
                idIsNext = false;
                responseIsNext = false;
            }
            default -> {}
        }
    }
}
