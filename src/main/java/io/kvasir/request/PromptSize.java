package io.kvasir.request;

/** Counts what the prompt of the body being read is made of. */
final class PromptSize {
    private int prompts;
    private int mediaParts;
    private long contentBytes;
    private long preambleBytes;
    private long tokens;

    void reset() {
        restart();
        preambleBytes = 0;
    }

    /** Forgets all but the preamble. */
    void restart() {
        prompts = 0;
        mediaParts = 0;
        contentBytes = 0;
        tokens = 0;
    }

    void prompt() {
        prompts++;
    }

    void media() {
        mediaParts++;
    }

    void content(int bytes) {
        contentBytes += bytes;
    }

    void preamble(int bytes) {
        preambleBytes += bytes;
    }

    void token() {
        tokens++;
    }

    int prompts() {
        return prompts;
    }

    int mediaParts() {
        return mediaParts;
    }

    long bytes() {
        return contentBytes + preambleBytes;
    }

    /** Whether the prompt is token ids and nothing else. */
    boolean exact() {
        return tokens > 0 && bytes() == 0;
    }

    long tokens(int bytesPerToken) {
        return tokens + (bytes() + bytesPerToken - 1) / bytesPerToken + (long) Request.MEDIA_TOKENS * mediaParts;
    }
}
