package io.kvasir.sim.engine;

/**
 * What an engine was started with.
 *
 * @param blockSize tokens in a KV block
 * @param blocks KV blocks it can hand out (vLLM's {@code num_gpu_blocks} less the null block)
 * @param maxBatchedTokens token budget of a step
 * @param maxSequences sequences that may run at once
 * @param maxModelLength most tokens of prompt and output together
 */
public record EngineLimits(int blockSize, int blocks, int maxBatchedTokens, int maxSequences, int maxModelLength) {
    /** Checks that every sequence that is admitted can finish alone, as vLLM does at start. */
    public EngineLimits {
        if (blockSize < 1 || blocks < 1 || maxBatchedTokens < 1 || maxSequences < 1 || maxModelLength < 2) {
            throw new IllegalArgumentException("engine limits must be positive");
        }
        if ((long) blocks * blockSize < maxModelLength) {
            throw new IllegalArgumentException("the KV cache of " + (long) blocks * blockSize
                    + " tokens cannot hold one sequence of maxModelLength " + maxModelLength);
        }
    }

    /** These with a context of at most that many tokens; 0 for no other. */
    public EngineLimits withContext(int tokens) {
        return tokens == 0
                ? this
                : new EngineLimits(blockSize, blocks, maxBatchedTokens, maxSequences, Math.min(tokens, maxModelLength));
    }
}
