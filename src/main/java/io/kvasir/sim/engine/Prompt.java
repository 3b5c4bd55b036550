package io.kvasir.sim.engine;

/**
 * What an engine knows of a prompt: its length and the chained hash of each of its full blocks. Two prompts share a
 * leading block exactly when their namespaces and all tokens up to its end are equal (up to 64-bit collisions).
 */
public final class Prompt {
    private final int length;
    private final int blockSize;
    private final long[] blocks;
    private final long tail;
    private final PromptContent content;
    private final int[] tokens;
    private final String namespace;

    Prompt(int length, int blockSize, long[] blocks, long tail, PromptContent content) {
        this(length, blockSize, blocks, tail, content, new int[0], "");
    }

    Prompt(int length, int blockSize, long[] blocks, long tail, PromptContent content, int[] tokens, String namespace) {
        this.length = length;
        this.blockSize = blockSize;
        this.blocks = blocks;
        this.tail = tail;
        this.content = content;
        this.tokens = tokens;
        this.namespace = namespace;
    }

    /** Its tokens, where they were kept; else none. */
    public int[] tokens() {
        return tokens;
    }

    /** What separates its cache, as given to the builder. */
    public String namespace() {
        return namespace;
    }

    /** Number of tokens. */
    public int length() {
        return length;
    }

    /** Tokens in a block, as given to the builder. */
    public int blockSize() {
        return blockSize;
    }

    /** Number of full blocks. */
    public int fullBlocks() {
        return length / blockSize;
    }

    /** Hash of full block {@code i}, which covers everything before it too. */
    long block(int i) {
        return blocks[i];
    }

    /** State of the chain after the last token; generated tokens go on from here. */
    long tail() {
        return tail;
    }

    /** How the chain goes on over generated tokens. */
    PromptContent content() {
        return content;
    }

    /** A seed that is a function of the tokens and the namespace only. */
    public long seed() {
        return Mixing.finish(tail);
    }
}
