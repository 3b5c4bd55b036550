package io.kvasir.request;

/** Counts what the prompt of the body being read is made of. */
final class PromptSize {
    private int prompts;
    private int messages;
    private int mediaParts;
    private long contentBytes;
    private long preambleBytes;
    private long tokens;
    /** Where the prompt of a list that is being read began. */
    private long bytesBefore;

    private long tokensBefore;
    private long longestBytes;
    private long longestTokens;

    void reset() {
        restart();
        preambleBytes = 0;
    }

    /** Forgets all but the preamble. */
    void restart() {
        prompts = 0;
        messages = 0;
        mediaParts = 0;
        contentBytes = 0;
        tokens = 0;
        bytesBefore = 0;
        tokensBefore = 0;
        longestBytes = 0;
        longestTokens = 0;
    }

    /** A prompt begins; the one before it has ended. */
    void prompt() {
        prompts++;
        longestBytes = Math.max(longestBytes, contentBytes - bytesBefore);
        longestTokens = Math.max(longestTokens, tokens - tokensBefore);
        bytesBefore = contentBytes;
        tokensBefore = tokens;
    }

    void message() {
        messages++;
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

    /** @param truncation as {@link PromptCounts#truncation} */
    PromptCounts counts(int truncation) {
        return new PromptCounts(
                prompts,
                messages,
                mediaParts,
                contentBytes + preambleBytes,
                tokens,
                Math.max(longestBytes, contentBytes - bytesBefore),
                Math.max(longestTokens, tokens - tokensBefore),
                truncation);
    }
}
