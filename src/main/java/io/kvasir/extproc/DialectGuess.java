package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.kvasir.request.Dialect;

/**
 * The dialect of a body whose path nobody tells, as behind NGINX's shim, or whose path says nothing. By the first member
 * name that gives it away.
 */
final class DialectGuess {
    /** Bytes of a body that are looked at. */
    static final int LOOKED_AT = 64 << 10;

    private static final byte[] MESSAGES = name("messages");
    private static final byte[] PROMPT = name("prompt");
    private static final byte[] INPUT = name("input");
    private static final byte[] TOKEN_IDS = name("token_ids");

    private DialectGuess() {}

    static Dialect of(byte[] bytes, int offset, int length) {
        int end = offset + Math.min(length, LOOKED_AT);
        if (!startsObject(bytes, offset, end)) {
            return Dialect.PASSTHROUGH;
        }
        for (int i = offset; i < end; i++) {
            if (bytes[i] != '"') {
                continue;
            }
            if (at(bytes, i, end, MESSAGES)) {
                return Dialect.CHAT_COMPLETIONS;
            }
            if (at(bytes, i, end, PROMPT)) {
                return Dialect.COMPLETIONS;
            }
            if (at(bytes, i, end, INPUT)) {
                return Dialect.RESPONSES;
            }
            if (at(bytes, i, end, TOKEN_IDS)) {
                return Dialect.GENERATE;
            }
        }
        return Dialect.PASSTHROUGH;
    }

    private static boolean startsObject(byte[] bytes, int offset, int end) {
        int i = offset;
        while (i < end && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')) {
            i++;
        }
        return i < end && bytes[i] == '{';
    }

    private static boolean at(byte[] bytes, int from, int end, byte[] name) {
        int i = from;
        for (byte b : name) {
            if (i == end || bytes[i++] != b) {
                return false;
            }
        }
        while (i < end && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')) {
            i++;
        }
        return i < end && bytes[i] == ':';
    }

    private static byte[] name(String text) {
        return ('"' + text + '"').getBytes(US_ASCII);
    }
}
