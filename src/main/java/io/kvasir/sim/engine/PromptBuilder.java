package io.kvasir.sim.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns text and token ids into a {@link Prompt}. Text becomes one token per four UTF-8 bytes, counted from the start
 * of each piece of text; a piece's last token may cover fewer. Deterministic, and independent of block size.
 */
public class PromptBuilder {
    /** Bytes of text in one token. */
    public static final int BYTES_PER_TOKEN = 4;

    private static final int MASK = (1 << 30) - 1;

    private final int blockSize;
    private long state;
    private int length;
    private final String namespace;
    private final boolean keepsTokens;
    private int[] tokens = {};
    private long[] blocks = new long[64];
    private int full;

    /**
     * Starts an empty prompt.
     *
     * @param blockSize tokens in a block of the engine it goes to
     * @param namespace what separates caches: the adapter's name, a salt; empty for the base model
     */
    public PromptBuilder(int blockSize, String namespace) {
        this(blockSize, namespace, false);
    }

    /**
     * Starts an empty prompt.
     *
     * @param keepsTokens whether the prompt is to have its tokens
     */
    public PromptBuilder(int blockSize, String namespace, boolean keepsTokens) {
        this.blockSize = blockSize;
        this.namespace = namespace;
        this.keepsTokens = keepsTokens;
        this.state = 0x6A09E667F3BCC909L;
        for (var b : namespace.getBytes(StandardCharsets.UTF_8)) {
            state = Mixing.chain(state, b);
        }
    }

    /** Appends a token. */
    public void token(int id) {
        state = Mixing.chain(state, id);
        if (keepsTokens) {
            if (length == tokens.length) {
                tokens = Arrays.copyOf(tokens, Math.max(256, 2 * length));
            }
            tokens[length] = id;
        }
        length++;
        if (length % blockSize == 0) {
            if (full == blocks.length) {
                blocks = Arrays.copyOf(blocks, full * 2);
            }
            blocks[full++] = state;
        }
    }

    /** Appends a piece of text. */
    public void text(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < bytes.length; at += BYTES_PER_TOKEN) {
            token(pieceId(bytes, at, Math.min(BYTES_PER_TOKEN, bytes.length - at)));
        }
    }

    /** Tokens so far. */
    public int length() {
        return length;
    }

    /** The prompt so far. */
    public Prompt build() {
        return new Prompt(
                length,
                blockSize,
                Arrays.copyOf(blocks, full),
                state,
                PromptContent.TOKENS,
                keepsTokens ? Arrays.copyOf(tokens, length) : tokens,
                namespace);
    }

    /** The token that {@code count} bytes of text from {@code at} are: from 0, below 2 to the 30th. */
    public static int pieceId(byte[] bytes, int at, int count) {
        int id = count;
        for (int i = 0; i < count; i++) {
            id = id * 257 + (bytes[at + i] & 0xFF);
        }
        return id & MASK;
    }
}
