package io.kvasir.route;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * Reads the last {@code "usage":{…}} of a piece of JSON whose beginning may be missing. Inside a JSON string the quotes
 * of such a text are escaped, so that generated text is never taken for it. Knows the names of OpenAI (chat,
 * completions, responses) and of Anthropic, whose {@code input_tokens} are only those that were neither read from a cache
 * nor written to one; its prompt is the sum of the three.
 *
 * <p>What a block does not say, or says as {@code null}, is -1 and never 0. No more of a prompt is cached than it has.
 */
final class UsageBlock {
    private static final byte[] USAGE = "\"usage\"".getBytes(US_ASCII);
    private static final int MOST_DEPTH = 8;

    private final byte[] bytes;
    private final int length;
    private int at;
    private int prompt = -1;
    private int cached = -1;
    private int completion = -1;
    private int cacheRead = -1;
    private int cacheCreation = -1;

    private UsageBlock(byte[] bytes, int length, int at) {
        this.bytes = bytes;
        this.length = length;
        this.at = at;
    }

    /** The last block that is complete and no null; null if there is none. */
    static @Nullable UsageBlock last(byte[] bytes, int length) {
        for (int i = length - USAGE.length; i >= 0; i--) {
            if (bytes[i] == '"' && matches(bytes, i)) {
                var block = new UsageBlock(bytes, length, i + USAGE.length);
                if (block.read() && (block.prompt >= 0 || block.completion >= 0)) {
                    block.conclude();
                    return block;
                }
            }
        }
        return null;
    }

    private void conclude() {
        if (cacheRead >= 0 || cacheCreation >= 0) {
            cached = cacheRead;
            if (prompt >= 0) {
                prompt = (int) Math.min(
                        Integer.MAX_VALUE, (long) prompt + Math.max(0, cacheRead) + Math.max(0, cacheCreation));
            }
        }
        if (prompt >= 0) {
            cached = Math.min(cached, prompt);
        }
    }

    /** Tokens of the prompt, -1 if not told. */
    int prompt() {
        return prompt;
    }

    /** Tokens of the prompt that were cached, -1 if not told. */
    int cached() {
        return cached;
    }

    /** Tokens generated, -1 if not told. */
    int completion() {
        return completion;
    }

    private static boolean matches(byte[] bytes, int from) {
        for (int i = 1; i < USAGE.length; i++) {
            if (bytes[from + i] != USAGE[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean read() {
        if (next() != ':') {
            return false;
        }
        at++;
        return next() == '{' && object(1);
    }

    /** From an opening brace to behind its closing one. */
    private boolean object(int depth) {
        at++;
        while (true) {
            int c = next();
            if (c == '}') {
                at++;
                return true;
            }
            if (c == ',') {
                at++;
                continue;
            }
            if (c != '"' || depth > MOST_DEPTH) {
                return false;
            }
            int start = at + 1;
            if (!string()) {
                return false;
            }
            int end = at - 1;
            if (next() != ':') {
                return false;
            }
            at++;
            if (!value(start, end, depth)) {
                return false;
            }
        }
    }

    private boolean value(int nameStart, int nameEnd, int depth) {
        int c = next();
        if (c == '{') {
            return object(depth + 1);
        }
        if (c == '"') {
            return string();
        }
        int start = at;
        int number = 0;
        boolean whole = true;
        while (at < length && bytes[at] != ',' && bytes[at] != '}') {
            byte b = bytes[at++];
            if (b < '0' || b > '9') {
                whole &= b == ' ' || b == '\n' || b == '\r' || b == '\t';
            } else if (number < Integer.MAX_VALUE / 10 - 1) {
                number = number * 10 + b - '0';
            }
        }
        if (whole && at > start) {
            note(new String(bytes, nameStart, nameEnd - nameStart, US_ASCII), number, depth);
        }
        return at < length;
    }

    private void note(String name, int number, int depth) {
        switch (name) {
            case "prompt_tokens", "input_tokens" -> prompt = depth == 1 ? number : prompt;
            case "completion_tokens", "output_tokens" -> completion = depth == 1 ? number : completion;
            case "cached_tokens" -> cached = depth == 2 ? number : cached;
            case "cache_read_input_tokens" -> cacheRead = depth == 1 ? number : cacheRead;
            case "cache_creation_input_tokens" -> cacheCreation = depth == 1 ? number : cacheCreation;
            default -> {}
        }
    }

    private boolean string() {
        at++;
        while (at < length) {
            byte b = bytes[at++];
            if (b == '\\') {
                at++;
            } else if (b == '"') {
                return true;
            }
        }
        return false;
    }

    /** The next byte that is no white space, not consumed; -1 at the end. */
    private int next() {
        while (at < length) {
            byte b = bytes[at];
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b;
            }
            at++;
        }
        return -1;
    }
}
