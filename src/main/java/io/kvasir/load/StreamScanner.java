package io.kvasir.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;

/**
 * Reads a streamed chat completion in whatever pieces it arrives: counts events with content, keeps the last usage
 * object and sees whether the stream ended as it should. Only usage is parsed; a router's load test must be cheaper
 * than the router.
 */
final class StreamScanner {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] DATA = "data:".getBytes(US_ASCII);
    private static final byte[] DONE = "[DONE]".getBytes(US_ASCII);
    private static final byte[] CONTENT = "\"content\":".getBytes(US_ASCII);
    private static final byte[] USAGE = "\"usage\":{".getBytes(US_ASCII);
    private static final byte[] ERROR = "{\"error\":".getBytes(US_ASCII);
    private static final int LONGEST_LINE = 1 << 20;

    private byte[] rest = new byte[512];
    private int restLength;
    private boolean done;
    private boolean failed;
    private int promptTokens = -1;
    private int completionTokens = -1;
    private int cachedTokens = -1;

    /**
     * Reads the next bytes.
     *
     * @return events in them that carry content
     */
    int feed(byte[] bytes) {
        int content = 0;
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                if (restLength == 0) {
                    content += line(bytes, from, i);
                } else {
                    keep(bytes, from, i);
                    content += line(rest, 0, restLength);
                    restLength = 0;
                }
                from = i + 1;
            }
        }
        keep(bytes, from, bytes.length);
        return content;
    }

    private void keep(byte[] bytes, int from, int to) {
        int length = to - from;
        if (restLength + length > LONGEST_LINE) {
            failed = true;
            return;
        }
        if (restLength + length > rest.length) {
            rest = Arrays.copyOf(rest, Math.max(restLength + length, 2 * rest.length));
        }
        System.arraycopy(bytes, from, rest, restLength, length);
        restLength += length;
    }

    private int line(byte[] bytes, int from, int to) {
        if (!at(DATA, bytes, from, to)) {
            return 0;
        }
        int start = from + DATA.length;
        while (start < to && bytes[start] == ' ') {
            start++;
        }
        if (at(DONE, bytes, start, to)) {
            done = true;
            return 0;
        }
        failed |= at(ERROR, bytes, start, to);
        if (find(USAGE, bytes, start, to) >= 0) {
            usage(new String(bytes, start, to - start, UTF_8));
        }
        return hasContent(bytes, start, to) ? 1 : 0;
    }

    private static boolean hasContent(byte[] bytes, int from, int to) {
        int at = find(CONTENT, bytes, from, to);
        if (at < 0) {
            return false;
        }
        at += CONTENT.length;
        while (at < to && bytes[at] == ' ') {
            at++;
        }
        return at + 1 < to && bytes[at] == '"' && bytes[at + 1] != '"';
    }

    private void usage(String event) {
        try {
            var usage = JSON.readTree(event).path("usage");
            promptTokens = count(usage.path("prompt_tokens"));
            completionTokens = count(usage.path("completion_tokens"));
            cachedTokens = count(usage.path("prompt_tokens_details").path("cached_tokens"));
        } catch (JsonProcessingException e) {
            failed = true;
        }
    }

    private static int count(JsonNode node) {
        return node.asInt(-1);
    }

    private static boolean at(byte[] what, byte[] bytes, int from, int to) {
        return to - from >= what.length && Arrays.equals(what, 0, what.length, bytes, from, from + what.length);
    }

    private static int find(byte[] what, byte[] bytes, int from, int to) {
        for (int i = from; i <= to - what.length; i++) {
            if (bytes[i] == what[0] && at(what, bytes, i, to)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether the stream's end mark was seen. */
    boolean done() {
        return done;
    }

    /** Whether an error event, a malformed usage object or a line of absurd length was seen. */
    boolean failed() {
        return failed;
    }

    /** Prompt tokens the engine reported; -1 if it did not. */
    int promptTokens() {
        return promptTokens;
    }

    /** Output tokens the engine reported; -1 if it did not. */
    int completionTokens() {
        return completionTokens;
    }

    /** Prompt tokens the engine found in its cache; -1 if it did not report them. */
    int cachedTokens() {
        return cachedTokens;
    }
}
