package io.kvasir.load;

/**
 * One request of a trace: when it came and how long prompt and answer were. Its prompt is known by the ids of its
 * blocks; two prompts share exactly the text of their equal leading ids.
 */
public final class TraceRequest {
    /** Tokens of a full block. */
    public static final int BLOCK_TOKENS = 512;

    private final long timestampMillis;
    private final int inputTokens;
    private final int outputTokens;
    private final long[] blocks;

    /**
     * A request.
     *
     * @param timestampMillis from the start of the trace
     * @param inputTokens of the prompt, at least 1
     * @param outputTokens of the answer, at least 1
     * @param blocks an id for each 512 tokens begun
     * @throws IllegalArgumentException if the number of blocks does not fit the length
     */
    public TraceRequest(long timestampMillis, int inputTokens, int outputTokens, long[] blocks) {
        if (inputTokens < 1 || outputTokens < 1) {
            throw new IllegalArgumentException("input_length and output_length must be at least 1");
        }
        if (blocks.length != Math.ceilDiv(inputTokens, BLOCK_TOKENS)) {
            throw new IllegalArgumentException(blocks.length + " hash_ids do not fit input_length " + inputTokens
                    + " in blocks of " + BLOCK_TOKENS);
        }
        this.timestampMillis = timestampMillis;
        this.inputTokens = inputTokens;
        this.outputTokens = outputTokens;
        this.blocks = blocks.clone();
    }

    /** Milliseconds from the start of the trace. */
    public long timestampMillis() {
        return timestampMillis;
    }

    /** Tokens of the prompt. */
    public int inputTokens() {
        return inputTokens;
    }

    /** Tokens of the answer. */
    public int outputTokens() {
        return outputTokens;
    }

    /** Number of blocks the prompt begins. */
    public int blockCount() {
        return blocks.length;
    }

    /** Id of block {@code i}. */
    public long block(int i) {
        return blocks[i];
    }

    /** Tokens of block {@code i}: 512, or fewer in the last one. */
    public int tokensOfBlock(int i) {
        return Math.min(BLOCK_TOKENS, inputTokens - i * BLOCK_TOKENS);
    }
}
