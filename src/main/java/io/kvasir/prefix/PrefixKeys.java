package io.kvasir.prefix;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.kvasir.request.PromptSink;
import java.util.Arrays;

/**
 * The chained block keys of one prompt, computed while its body is read. Key i stands for the first i + 1 blocks: two
 * prompts with an equal key at a position agree up to there. Reused from request to request; allocates only to grow.
 *
 * <p>Text: a block is {@value ChunkChain#CHUNK} bytes, taken as {@value #TOKENS_PER_BLOCK} tokens. Parts are framed by
 * bytes that UTF-8 never uses, so that a message border is content too. Token ids: a block is
 * {@value #TOKENS_PER_BLOCK} ids. Media counts as a digest that fills {@value #MEDIA_BYTES} bytes, whatever the size
 * of its encoding, because an engine spends some hundred tokens on an image and not one per four bytes of base64.
 *
 * <p>Tools may come anywhere in a body. They are digested apart and put before the other keys by {@link #finish} as if
 * they had come first, so that the order of a body's members does not matter and endpoints that share only the tools are
 * still found.
 *
 * <p>The system prompt is a section of its own, whose last block may be short: kept apart from the messages it stands for
 * a first message of the role system, and gives the keys that such a message gives. A message's role counts at its end,
 * so that the order of its members does not matter either; {@code developer} is another name for {@code system}.
 *
 * <p>Of a list of prompts the first counts. Not thread-safe.
 */
public final class PrefixKeys implements PromptSink {
    /** Tokens that one block stands for: exact for prompts given as token ids, 4 bytes a token otherwise. */
    public static final int TOKENS_PER_BLOCK = 16;

    /** Bytes of text that one media part is taken for (256 tokens). */
    static final int MEDIA_BYTES = 1024;

    /** Blocks kept of one prompt unless told otherwise: a million tokens. */
    public static final int DEFAULT_MAX_BLOCKS = 65_536;

    private static final long TEXT_SEED = 0;
    private static final long TOKEN_SEED = 0x746F6B656E73L;
    private static final byte FIRST_MARK = (byte) 0xF7;
    private static final byte END_MARK = (byte) 0xFF;
    private static final int PREAMBLE_CODE = 1;
    private static final int MEDIA_CODE = 2;
    private static final int MESSAGE_CODE = 4;
    private static final int ROLE_CODE = 5;
    private static final int TEXT_CODE = 6;
    private static final int SYSTEM_CODE = 8;
    /** Bytes of a role that count. */
    private static final int ROLE_LENGTH = 16;

    private static final byte[] SYSTEM = "system".getBytes(US_ASCII);
    private static final byte[] DEVELOPER = "developer".getBytes(US_ASCII);

    /** What templates leave out: an empty list or object of tools. */
    private static final int EMPTY_JSON = 2;

    /** All that no other chain has, and in the end all keys. */
    private ChunkChain chain;
    /** The first message, until its role is known. */
    private ChunkChain leading;
    /** The system prompt kept apart. */
    private final ChunkChain apart;
    /** The one that takes content now. */
    private ChunkChain target;

    private final byte[] role = new byte[ROLE_LENGTH];
    private int roleLength;
    private int messages;
    private boolean inLeading;

    private final ChunkChain preamble = new ChunkChain(0);
    private final ChunkChain media = new ChunkChain(0);

    /** The open parts, innermost in the lowest four bits, each as its {@link #code}. */
    private long open;

    private int prompts;
    private int tokens;
    private long preambleDigest;
    private long preambleBytes;
    private int promptBlocks;
    private long promptTokens;
    private boolean finished;
    private boolean cut;

    public PrefixKeys() {
        this(DEFAULT_MAX_BLOCKS);
    }

    /**
     * Keys of bounded number.
     *
     * @param maxBlocks blocks kept at most, 1 to {@link PrefixIndex#MAX_BLOCKS}; later content adds no keys and sets
     *     {@link #truncated}
     */
    public PrefixKeys(int maxBlocks) {
        if (maxBlocks < 1 || maxBlocks > PrefixIndex.MAX_BLOCKS) {
            throw new IllegalArgumentException("maxBlocks " + maxBlocks + " is not in 1.." + PrefixIndex.MAX_BLOCKS);
        }
        chain = new ChunkChain(maxBlocks);
        leading = new ChunkChain(maxBlocks);
        apart = new ChunkChain(maxBlocks);
        target = chain;
        reset();
    }

    /** Ready for another request. */
    public void reset() {
        finished = false;
        cut = false;
        restart();
        apart.reset(TEXT_SEED);
        preambleDigest = 0;
        preambleBytes = 0;
        promptBlocks = 0;
        promptTokens = 0;
    }

    @Override
    public void restart() {
        if (finished) {
            cut = true;
            return;
        }
        chain.reset(TEXT_SEED);
        leading.reset(TEXT_SEED);
        target = chain;
        inLeading = false;
        messages = 0;
        open = 0;
        prompts = 0;
        tokens = 0;
    }

    @Override
    public void begin(Part part) {
        if (finished) {
            cut = true;
            return;
        }
        open = open << 4 | code(part);
        switch (part) {
            case PROMPT -> prompts++;
            case PREAMBLE -> preamble.reset(TEXT_SEED);
            case MEDIA -> media.reset(TEXT_SEED);
            case MESSAGE -> {
                inLeading = messages++ == 0;
                target = inLeading ? leading : chain;
                roleLength = 0;
                mark(part);
            }
            case ROLE -> roleLength = 0;
            case SYSTEM -> {
                apart.reset(TEXT_SEED);
                apart.put(mark(MESSAGE_CODE));
                apart.put(mark(TEXT_CODE));
            }
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
            target.put(mark(code(part)));
        }
    }

    private static byte mark(int code) {
        return (byte) (FIRST_MARK + code);
    }

    @Override
    public void text(byte[] bytes, int offset, int length) {
        if (finished) {
            cut = true;
            return;
        }
        int innermost = (int) (open & 15);
        if (innermost == TEXT_CODE) {
            if (prompts <= 1) {
                target.update(bytes, offset, length);
            }
        } else if (innermost == PREAMBLE_CODE) {
            preamble.update(bytes, offset, length);
        } else if (innermost == MEDIA_CODE) {
            media.update(bytes, offset, length);
        } else if (innermost == SYSTEM_CODE) {
            apart.update(bytes, offset, length);
        } else if (innermost == ROLE_CODE) {
            int counted = Math.min(length, ROLE_LENGTH - roleLength);
            System.arraycopy(bytes, offset, role, roleLength, counted);
            roleLength += counted;
        } else if (prompts <= 1) {
            target.update(bytes, offset, length);
        }
    }

    @Override
    public void token(int id) {
        if (finished) {
            cut = true;
            return;
        }
        if (prompts > 1) {
            return;
        }
        if (tokens++ == 0) {
            chain.reset(TOKEN_SEED);
        }
        chain.putInt(id);
    }

    @Override
    public void end(Part part) {
        if (finished) {
            cut = true;
            return;
        }
        open >>>= 4;
        switch (part) {
            case PREAMBLE -> {
                // a sum, because the members that make up the preamble may come in any order
                if (preamble.length() > EMPTY_JSON) {
                    preambleDigest += preamble.digest();
                    preambleBytes += preamble.length();
                }
            }
            case MEDIA -> {
                long digest = media.digest();
                for (int i = 0; i < MEDIA_BYTES / 8 && prompts <= 1; i++) {
                    target.putInt((int) digest);
                    target.putInt((int) (digest >>> 32));
                }
            }
            case MESSAGE -> {
                if (prompts <= 1) {
                    endMessage(target, isSystem() ? SYSTEM : role, isSystem() ? SYSTEM.length : roleLength);
                }
                if (inLeading) {
                    endLeading();
                }
            }
            case SYSTEM -> {
                if (apart.length() == 2) {
                    apart.reset(TEXT_SEED);
                } else {
                    apart.put(END_MARK);
                    endMessage(apart, SYSTEM, SYSTEM.length);
                }
            }
            case TEXT, TOOL_CALL -> {
                if (prompts <= 1) {
                    target.put(END_MARK);
                }
            }
            case ROLE, PROMPT -> {}
        }
    }

    private boolean isSystem() {
        return Arrays.equals(role, 0, roleLength, SYSTEM, 0, SYSTEM.length)
                || Arrays.equals(role, 0, roleLength, DEVELOPER, 0, DEVELOPER.length);
    }

    private static void endMessage(ChunkChain to, byte[] role, int length) {
        if (length > 0) {
            to.put(mark(ROLE_CODE));
            to.update(role, 0, length);
        }
        to.put(END_MARK);
    }

    /** The first message is complete: a section of its own if it is the system's, else the beginning of the others. */
    private void endLeading() {
        inLeading = false;
        if (isSystem()) {
            leading.seal();
            chain.beginBehind(leading);
        } else {
            var other = chain;
            chain = leading;
            leading = other;
        }
        target = chain;
    }

    /**
     * The prompt is complete, or as complete as it will be before the decision. Content that still comes is not keyed.
     * Calling it again changes nothing.
     */
    public void finish() {
        if (finished) {
            return;
        }
        finished = true;
        if (inLeading) {
            endLeading();
        }
        if (apart.length() > 0) {
            apart.seal();
            int before = chain.count();
            cut |= chain.full();
            chain.follow(apart);
            cut |= chain.count() < before + apart.count();
        }
        promptTokens = tokens > 0 ? tokens : (chain.length() + 3) / 4;
        if (preambleBytes > 0) {
            promptTokens += (preambleBytes + 3) / 4;
            cut |= chain.full();
            long blocks = Math.min((preambleBytes + ChunkChain.CHUNK - 1) / ChunkChain.CHUNK, Integer.MAX_VALUE);
            int before = chain.count();
            chain.prepend(preambleDigest, (int) blocks);
            cut |= chain.count() < before + blocks;
        }
        promptBlocks = chain.count();
    }

    /** The keys, valid up to {@link #blocks} and until the next change; never to be written to. */
    public long[] keys() {
        return chain.keys();
    }

    /** Full blocks so far; final once {@link #finish} was called. */
    public int blocks() {
        return chain.count();
    }

    /** Full blocks of the prompt; 0 before {@link #finish}. */
    public int promptBlocks() {
        return promptBlocks;
    }

    /** Tokens of the prompt, preamble included: exact for token ids, else 4 bytes a token; 0 before {@link #finish}. */
    public long promptTokens() {
        return promptTokens;
    }

    /** Whether the keys stop before the prompt does: too long, or decided on before its end. */
    public boolean truncated() {
        return cut || chain.full();
    }
}
