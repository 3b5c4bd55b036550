package io.kvasir.prefix;

/**
 * The chained keys of one prompt by one scheme. Key i stands for the first i + 1 blocks: two prompts with an equal key at
 * a position agree up to there, but for collisions of 64 bits.
 *
 * @param keys valid up to {@code blocks}; never to be written to, and lent: see {@link PromptKeys}
 * @param blocks full blocks keyed, fewer than the prompt has where it is very long
 * @param promptTokens tokens of the whole prompt, by the measure of the scheme
 */
public record BlockKeys(KeyScheme scheme, long[] keys, int blocks, long promptTokens) {

    /** Tokens of the prompt in so many leading blocks. */
    public int tokens(int leadingBlocks) {
        return (int) Math.min((long) leadingBlocks * scheme.blockTokens(), promptTokens);
    }
}
