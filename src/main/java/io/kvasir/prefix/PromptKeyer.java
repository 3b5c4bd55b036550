package io.kvasir.prefix;

import java.util.Arrays;

/**
 * Keys a prompt while its body is read, in one pass for all schemes that the pool needs. Text is keyed as text, framed as
 * {@link TextSections} says, and token ids as token ids; a prompt is one of the two. Reused from request to request;
 * allocates the handles of its answer, and else only to grow.
 *
 * <p>Of a list of prompts the first counts. Not thread-safe.
 */
public final class PromptKeyer implements KeySource {
    /** Finest blocks kept of one prompt unless told otherwise: a million tokens. */
    public static final int DEFAULT_MAX_BLOCKS = 65_536;

    private static final long[] EMPTY = {};
    private static final long TOKEN_SEED = TokenKeys.SEED;
    private static final byte FIRST_MARK = (byte) 0xF7;
    private static final int PREAMBLE_CODE = 1;
    private static final int MEDIA_CODE = 2;
    private static final int MESSAGE_CODE = 4;
    private static final int ROLE_CODE = 5;
    private static final int TEXT_CODE = 6;
    private static final int SYSTEM_CODE = 8;

    private final TextSections text;
    private final ChunkChain ids;
    /** Keys of coarse blocks, by the place of their scheme. */
    private long[][] coarse = new long[0][];

    private KeySchemes wanted = KeySchemes.NONE;
    /** The open parts, innermost in the lowest four bits, each as its {@link #code}. */
    private long open;

    private int prompts;
    private long tokens;
    /** Whether nothing is keyed any more. */
    private boolean closed;

    private PromptKeys keys = PromptKeys.NONE;

    /** Keys of a million tokens at most. */
    public PromptKeyer() {
        this(DEFAULT_MAX_BLOCKS);
    }

    /**
     * Keys of bounded number.
     *
     * @param maxBlocks finest blocks kept at most, 1 to {@link PrefixIndex#MAX_BLOCKS}; later content adds no keys
     */
    public PromptKeyer(int maxBlocks) {
        if (maxBlocks < 1 || maxBlocks > PrefixIndex.MAX_BLOCKS) {
            throw new IllegalArgumentException("maxBlocks " + maxBlocks + " is not in 1.." + PrefixIndex.MAX_BLOCKS);
        }
        text = new TextSections(maxBlocks);
        ids = new ChunkChain(maxBlocks);
    }

    /** Keys of a prompt whose token ids are known; its arrays are nobody else's. */
    public static PromptKeys of(int[] ids, KeySchemes schemes) {
        var keyer = new PromptKeyer();
        keyer.reset(schemes);
        keyer.begin(Part.PROMPT);
        if (ids.length > 0) {
            keyer.ids.reset(TOKEN_SEED);
            keyer.ids.putInts(ids);
            keyer.tokens = ids.length;
        }
        keyer.end(Part.PROMPT);
        return keyer.finish();
    }

    @Override
    public void reset(KeySchemes schemes) {
        wanted = schemes;
        closed = false;
        keys = PromptKeys.NONE;
        restart();
        text.reset();
    }

    @Override
    public void restart() {
        if (closed) {
            return;
        }
        text.restart();
        open = 0;
        prompts = 0;
        tokens = 0;
    }

    @Override
    public void begin(Part part) {
        if (closed) {
            return;
        }
        open = open << 4 | code(part);
        switch (part) {
            case PROMPT -> prompts++;
            case PREAMBLE -> text.beginPreamble();
            case MEDIA -> text.beginMedia();
            case MESSAGE -> {
                text.beginMessage();
                mark(part);
            }
            case ROLE -> text.beginRole();
            case SYSTEM -> text.beginSystem(mark(MESSAGE_CODE), mark(TEXT_CODE));
            case TEXT, TOOL_CALL -> mark(part);
        }
    }

    private static int code(Part part) {
        return switch (part) {
            case PREAMBLE -> PREAMBLE_CODE;
            case MEDIA -> MEDIA_CODE;
            case PROMPT -> 3;
            case MESSAGE -> MESSAGE_CODE;
            case ROLE -> ROLE_CODE;
            case TEXT -> TEXT_CODE;
            case TOOL_CALL -> 7;
            case SYSTEM -> SYSTEM_CODE;
        };
    }

    private void mark(Part part) {
        if (prompts <= 1) {
            text.mark(mark(code(part)));
        }
    }

    private static byte mark(int code) {
        return (byte) (FIRST_MARK + code);
    }

    @Override
    public void text(byte[] bytes, int offset, int length) {
        if (closed) {
            return;
        }
        int innermost = (int) (open & 15);
        if (innermost == TEXT_CODE) {
            if (prompts <= 1) {
                text.content(bytes, offset, length);
            }
        } else if (innermost == PREAMBLE_CODE) {
            text.preamble(bytes, offset, length);
        } else if (innermost == MEDIA_CODE) {
            text.media(bytes, offset, length);
        } else if (innermost == SYSTEM_CODE) {
            text.system(bytes, offset, length);
        } else if (innermost == ROLE_CODE) {
            text.role(bytes, offset, length);
        } else if (prompts <= 1) {
            text.content(bytes, offset, length);
        }
    }

    @Override
    public void token(int id) {
        if (closed || prompts > 1) {
            return;
        }
        if (tokens++ == 0) {
            ids.reset(TOKEN_SEED);
        }
        ids.putInt(id);
    }

    @Override
    public void end(Part part) {
        if (closed) {
            return;
        }
        open >>>= 4;
        switch (part) {
            case PREAMBLE -> text.endPreamble();
            case MEDIA -> {
                if (prompts <= 1) {
                    text.endMedia();
                }
            }
            case MESSAGE -> text.endMessage(mark(ROLE_CODE), prompts <= 1);
            case SYSTEM -> text.endSystem(mark(ROLE_CODE));
            case TEXT, TOOL_CALL -> {
                if (prompts <= 1) {
                    text.endPart();
                }
            }
            case ROLE, PROMPT -> {}
        }
    }

    @Override
    public PromptKeys finish() {
        if (!closed) {
            closed = true;
            keys = tokens > 0 ? keys(ids, wanted.tokens, tokens) : keys(text.finish(), wanted.text, text.tokens());
        }
        return keys;
    }

    private PromptKeys keys(ChunkChain chain, KeyScheme[] schemes, long promptTokens) {
        if (coarse.length < schemes.length) {
            int had = coarse.length;
            coarse = Arrays.copyOf(coarse, schemes.length);
            Arrays.fill(coarse, had, schemes.length, EMPTY);
        }
        var all = new BlockKeys[schemes.length];
        for (int i = 0; i < all.length; i++) {
            int stride = schemes[i].stride();
            long[] some = chain.keys();
            if (stride > 1) {
                some = chain.every(stride, coarse[i]);
                coarse[i] = some;
            }
            all[i] = new BlockKeys(schemes[i], some, chain.count() / stride, promptTokens);
        }
        return new PromptKeys(all);
    }
}
