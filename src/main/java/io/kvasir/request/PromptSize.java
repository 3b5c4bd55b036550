package io.kvasir.request;

/** Counts what the prompt of the body being read is made of. */
final class PromptSize {
    /** Bytes of the role that a system prompt kept apart has once it is a message. */
    private static final int SYSTEM_ROLE = 6;

    private int prompts;
    private int messages;
    private final MediaDigests media = new MediaDigests();
    private int mediaParts;
    private long contentBytes;
    private long preambleBytes;
    private long systemBytes;
    private long tokens;
    /** Where the prompt of a list that is being read began. */
    private long bytesBefore;

    private long tokensBefore;
    private long longestBytes;
    private long longestTokens;
    private final RepeatedPrompts repeated = new RepeatedPrompts();

    void reset() {
        restart();
        preambleBytes = 0;
        systemBytes = 0;
    }

    /** Forgets all but preamble and system prompt. */
    void restart() {
        prompts = 0;
        messages = 0;
        mediaParts = 0;
        media.reset();
        contentBytes = 0;
        tokens = 0;
        bytesBefore = 0;
        tokensBefore = 0;
        longestBytes = 0;
        longestTokens = 0;
        repeated.reset();
    }

    /** A list of independent prompts begins. */
    void list() {
        repeated.look();
    }

    /** A prompt begins; the one before it has ended. */
    void prompt() {
        if (prompts++ > 0) {
            repeated.ended(contentBytes - bytesBefore, tokens - tokensBefore);
        }
        longestBytes = Math.max(longestBytes, contentBytes - bytesBefore);
        longestTokens = Math.max(longestTokens, tokens - tokensBefore);
        bytesBefore = contentBytes;
        tokensBefore = tokens;
    }

    /** The prompt that began is made of token ids that stand directly in the list: it is no list of prompts. */
    void tokenRun() {
        repeated.pass();
    }

    void message() {
        messages++;
    }

    void media() {
        mediaParts++;
        media.begin();
    }

    /** Content of the media part that began last. */
    void media(byte[] bytes, int offset, int length) {
        media.content(bytes, offset, length);
    }

    void content(int bytes) {
        contentBytes += bytes;
    }

    /** Content of a prompt that may be one of a list. */
    void prompt(byte[] bytes, int offset, int length) {
        contentBytes += length;
        repeated.content(bytes, offset, length);
    }

    void preamble(int bytes) {
        preambleBytes += bytes;
    }

    /** A system prompt kept apart begins, instead of any before it. */
    void systemPrompt() {
        systemBytes = 0;
    }

    void system(int bytes) {
        systemBytes += bytes;
    }

    void token(int id) {
        repeated.token(id, tokens - tokensBefore);
        tokens++;
    }

    /** @param truncation as {@link PromptCounts#truncation} */
    PromptCounts counts(int truncation) {
        boolean again = prompts > 1 && repeated.seen();
        return new PromptCounts(
                prompts,
                systemBytes > 0 ? messages + 1 : messages,
                mediaParts,
                contentBytes + preambleBytes + (systemBytes > 0 ? SYSTEM_ROLE + systemBytes : 0),
                tokens,
                Math.max(longestBytes, contentBytes - bytesBefore),
                Math.max(longestTokens, tokens - tokensBefore),
                repeated.bytes() + (again ? contentBytes - bytesBefore : 0),
                repeated.tokenIds() + (again ? tokens - tokensBefore : 0),
                media.all(),
                truncation);
    }
}
