package io.kvasir.load.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.load.BlockText;

/** Writes the bodies that the router reads: streamed completions whose prompt is text. Reused; not thread-safe. */
final class BodyWriter {
    private static final byte[] START = "{\"prompt\":\"".getBytes(UTF_8);

    private final String model;
    private byte[] body = new byte[1 << 16];
    private int length;

    /** @param model asked for where a request names none; a name that JSON need not escape */
    BodyWriter(String model) {
        this.model = model;
    }

    /** Writes the body of one request over the one before. */
    void write(ReplayRequest request) {
        var prompt = request.prompt();
        int most = request.maxTokens();
        String limit = most == 0 ? "" : ",\"max_tokens\":" + most;
        if (most == request.outputTokens()) {
            limit += ",\"ignore_eos\":true,\"min_tokens\":" + most;
        }
        byte[] end = ("\",\"model\":\"" + (request.model().isEmpty() ? model : request.model()) + "\",\"stream\":true"
                        + limit + "}")
                .getBytes(UTF_8);
        int needed = START.length + prompt.length() * BlockText.BYTES_PER_TOKEN + end.length;
        if (body.length < needed) {
            body = new byte[Math.max(needed, 2 * body.length)];
        }
        System.arraycopy(START, 0, body, 0, START.length);
        int at = START.length;
        for (int i = 0; i < prompt.pieces(); i++) {
            BlockText.write(prompt.id(i), prompt.tokens(i), body, at);
            at += prompt.tokens(i) * BlockText.BYTES_PER_TOKEN;
        }
        System.arraycopy(end, 0, body, at, end.length);
        length = at + end.length;
    }

    /** The body, from 0 to {@link #length}. */
    byte[] bytes() {
        return body;
    }

    int length() {
        return length;
    }
}
