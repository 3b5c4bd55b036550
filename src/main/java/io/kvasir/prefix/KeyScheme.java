package io.kvasir.prefix;

import org.jspecify.annotations.Nullable;

/**
 * How a prompt is cut into blocks, one key each. Keys of one scheme can be compared with each other and with no others.
 *
 * <p>A coarse block is so many of the finest ones, and its key is the last one's: a chain's key depends on everything
 * before it, so that one pass makes the keys of any number of schemes.
 */
public sealed interface KeyScheme {
    /** Tokens of the largest block that a scheme can have. */
    int MAX_BLOCK_TOKENS = 16_384;

    /** Tokens that a block stands for: exact for token ids, taken for as many where the prompt is text. */
    int blockTokens();

    /** Finest blocks in one of these. */
    default int stride() {
        return blockTokens() / Tokens.FINEST.blockTokens;
    }

    /**
     * Blocks of text, as {@link PromptKeyer} frames it, at {@value #BYTES_PER_TOKEN} bytes a token.
     *
     * @param blockBytes a multiple of 64, and at most 4 * {@link #MAX_BLOCK_TOKENS}
     */
    record Text(int blockBytes) implements KeyScheme {
        /** Bytes of text that are taken for a token. */
        public static final int BYTES_PER_TOKEN = 4;

        /** 64 bytes, taken for 16 tokens. */
        public static final Text FINEST = new Text(ChunkChain.CHUNK);

        public Text {
            if (blockBytes % ChunkChain.CHUNK != 0
                    || blockBytes < ChunkChain.CHUNK
                    || blockBytes > BYTES_PER_TOKEN * MAX_BLOCK_TOKENS) {
                throw new IllegalArgumentException("blockBytes " + blockBytes + " is not a multiple of 64 in 64.."
                        + BYTES_PER_TOKEN * MAX_BLOCK_TOKENS);
            }
        }

        @Override
        public int blockTokens() {
            return blockBytes / BYTES_PER_TOKEN;
        }

        // spelled out, as what stands for it in a record is put together by the first request that needs it
        @Override
        public boolean equals(@Nullable Object that) {
            return that instanceof Text other && blockBytes == other.blockBytes;
        }

        @Override
        public int hashCode() {
            return blockBytes;
        }
    }

    /**
     * Blocks of token ids. An engine whose blocks are smaller is matched by blocks of several of its own.
     *
     * @param blockTokens a multiple of 16, and at most {@link #MAX_BLOCK_TOKENS}
     */
    record Tokens(int blockTokens) implements KeyScheme {
        /** 16 ids. */
        public static final Tokens FINEST = new Tokens(ChunkChain.CHUNK / Integer.BYTES);

        public Tokens {
            if (blockTokens % 16 != 0 || blockTokens < 16 || blockTokens > MAX_BLOCK_TOKENS) {
                throw new IllegalArgumentException(
                        "blockTokens " + blockTokens + " is not a multiple of 16 in 16.." + MAX_BLOCK_TOKENS);
            }
        }

        @Override
        public boolean equals(@Nullable Object that) {
            return that instanceof Tokens other && blockTokens == other.blockTokens;
        }

        @Override
        public int hashCode() {
            return -blockTokens;
        }
    }
}
