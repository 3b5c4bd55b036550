package io.kvasir.sim.engine;

import java.util.Arrays;

/**
 * Makes a {@link Prompt} of pieces that are known by their number, without looking at any token: a block is known by the
 * runs of pieces in it. An answer is the piece of its {@link Output#seed}, so that a later prompt that holds this piece finds
 * its blocks. Prompts made here and by {@link PromptBuilder} share nothing.
 */
public final class PieceBuilder {
    private static final long START = 0x3C6EF372FE94F82BL;

    /** Blocks that lie together in an index: their hashes are alike in the bits above the lowest of these. */
    static final int TOGETHER = 8;

    private static final long HOME_BITS = 0xFFFFFF;

    private final int blockSize;
    private long state = START;
    private int length;
    private long[] blocks = new long[64];
    private int full;

    /** @param blockSize tokens in a block of the engine it goes to */
    public PieceBuilder(int blockSize) {
        this.blockSize = blockSize;
    }

    /**
     * The hash of a full block.
     *
     * @param chain after it
     * @param first the hash of the first block of those that it lies together with; any for that one itself
     * @param place of the block in the prompt
     */
    static long block(long chain, long first, int place) {
        long home = place % TOGETHER == 0 ? chain & -TOGETHER : first;
        return chain & ~HOME_BITS | home & HOME_BITS & -TOGETHER | place % TOGETHER;
    }

    /** One run of tokens of a piece in a chain; a block's runs are made from its start. */
    static long run(long chain, long piece, int from, int count) {
        return Mixing.finish(chain ^ Mixing.finish(piece + 0x9E3779B97F4A7C15L * (((long) from << 16) + count)));
    }

    /** Starts over with an empty prompt. */
    public PieceBuilder clear() {
        state = START;
        length = 0;
        full = 0;
        return this;
    }

    /**
     * Appends the first {@code tokens} of a piece.
     *
     * @param piece its number
     */
    public PieceBuilder piece(long piece, int tokens) {
        int from = 0;
        while (from < tokens) {
            int room = blockSize - length % blockSize;
            int count = Math.min(room, tokens - from);
            state = run(state, piece, from, count);
            from += count;
            length += count;
            if (count == room) {
                if (full == blocks.length) {
                    blocks = Arrays.copyOf(blocks, full * 2);
                }
                blocks[full] = block(state, full == 0 ? 0 : blocks[full - full % TOGETHER], full);
                full++;
            }
        }
        return this;
    }

    /** The prompt so far. */
    public Prompt build() {
        return new Prompt(length, blockSize, Arrays.copyOf(blocks, full), state, PromptContent.PIECES);
    }
}
