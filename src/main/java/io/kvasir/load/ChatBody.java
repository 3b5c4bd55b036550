package io.kvasir.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** Writes the body of a streamed chat completion with exact lengths of prompt and answer. */
final class ChatBody {
    /**
     * Tokens that the simulated engine's chat template puts around the content of a single user message; real
     * templates are within a few of it.
     */
    static final int TEMPLATE_TOKENS = 10;

    private static final byte[] START = "{\"messages\":[{\"role\":\"user\",\"content\":\"".getBytes(UTF_8);

    private final byte[] middle;

    /** Bodies that ask for {@code model}, a name that JSON need not escape. */
    ChatBody(String model) {
        middle = ("\"}],\"model\":\"" + model
                        + "\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"ignore_eos\":true,\"min_tokens\":")
                .getBytes(UTF_8);
    }

    /** The body for one request; a prompt shorter than the template's tokens still has one of content. */
    byte[] of(TraceRequest request) {
        int content = Math.max(1, request.inputTokens() - TEMPLATE_TOKENS);
        var limits = (request.outputTokens() + ",\"max_tokens\":" + request.outputTokens() + "}").getBytes(UTF_8);
        int text = content * BlockText.BYTES_PER_TOKEN;
        var body = Arrays.copyOf(START, START.length + text + middle.length + limits.length);
        int at = START.length;
        for (int i = 0; content > 0; i++) {
            int tokens = Math.min(content, TraceRequest.BLOCK_TOKENS);
            BlockText.write(request.block(i), tokens, body, at);
            at += tokens * BlockText.BYTES_PER_TOKEN;
            content -= tokens;
        }
        System.arraycopy(middle, 0, body, at, middle.length);
        System.arraycopy(limits, 0, body, at + middle.length, limits.length);
        return body;
    }
}
