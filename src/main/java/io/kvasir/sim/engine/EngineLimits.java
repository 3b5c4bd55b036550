package io.kvasir.sim.engine;

/**
 * What an engine was started with.
 *
 * @param blockSize tokens in a KV block
 * @param blocks KV blocks it can hand out (vLLM's {@code num_gpu_blocks} less the null block)
 * @param maxBatchedTokens token budget of a step
 * @param maxSequences sequences that may run at once
 * @param maxModelLength most tokens of prompt and output together
 * @param window tokens that half of the model's layers look back, their own included; 0 where all look back to the beginning
 */
public record EngineLimits(
        int blockSize, int blocks, int maxBatchedTokens, int maxSequences, int maxModelLength, int window) {
    /** Checks that every sequence that is admitted can finish alone, as vLLM does at start. */
    public EngineLimits {
        if (blockSize < 1
                || blocks < 1
                || maxBatchedTokens < 1
                || maxSequences < 1
                || maxModelLength < 2
                || window < 0) {
            throw new IllegalArgumentException("engine limits must be positive");
        }
        long passing = window == 0 ? 0 : Math.min(maxModelLength, (long) window + maxBatchedTokens) + 2L * blockSize;
        if ((long) blocks * blockSize < maxModelLength + passing) {
            throw new IllegalArgumentException("the KV cache of " + (long) blocks * blockSize
                    + " tokens cannot hold one sequence of maxModelLength " + maxModelLength);
        }
    }

    /** As of a model whose layers all look back to the beginning. */
    public EngineLimits(int blockSize, int blocks, int maxBatchedTokens, int maxSequences, int maxModelLength) {
        this(blockSize, blocks, maxBatchedTokens, maxSequences, maxModelLength, 0);
    }

    /** These, of a model of which half of the layers look back so many tokens; 0 for none. */
    public EngineLimits withWindow(int tokens) {
        return new EngineLimits(blockSize, blocks, maxBatchedTokens, maxSequences, maxModelLength, tokens);
    }

    /** These with so many blocks; 0 for no others. */
    public EngineLimits withBlocks(int number) {
        return number == 0
                ? this
                : new EngineLimits(blockSize, number, maxBatchedTokens, maxSequences, maxModelLength, window);
    }

    /** These with a context of at most that many tokens; 0 for no other. */
    public EngineLimits withContext(int tokens) {
        return tokens == 0
                ? this
                : new EngineLimits(
                        blockSize, blocks, maxBatchedTokens, maxSequences, Math.min(tokens, maxModelLength), window);
    }
}
