package io.kvasir.prefix;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * The text of one prompt as a chain of blocks. Parts are framed by bytes that UTF-8 never uses, so that a message border
 * is content too.
 *
 * <p>Tools may come anywhere in a body. They are digested apart and put before the other keys by {@link #finish} as if
 * they had come first, so that the order of a body's members does not matter and endpoints that share only the tools are
 * still found.
 *
 * <p>The system prompt is a section of its own, whose last block may be short: kept apart from the messages it stands for
 * a first message of the role system, and gives the keys that such a message gives. A message's role counts at its end,
 * so that the order of its members does not matter either; {@code developer} is another name for {@code system}.
 */
final class TextSections {
    /** Bytes of text that one media part is taken for (256 tokens). */
    private static final int MEDIA_BYTES = 1024;

    private static final long SEED = 0;
    private static final byte END_MARK = (byte) 0xFF;
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
    private long preambleDigest;
    private long preambleBytes;

    /** @param maxBlocks blocks kept at most */
    TextSections(int maxBlocks) {
        chain = new ChunkChain(maxBlocks);
        leading = new ChunkChain(maxBlocks);
        apart = new ChunkChain(maxBlocks);
        target = chain;
    }

    void reset() {
        restart();
        apart.reset(SEED);
        preambleDigest = 0;
        preambleBytes = 0;
    }

    /** Forgets all but preamble and system prompt. */
    void restart() {
        chain.reset(SEED);
        leading.reset(SEED);
        target = chain;
        inLeading = false;
        messages = 0;
    }

    void content(byte[] bytes, int offset, int length) {
        target.update(bytes, offset, length);
    }

    void mark(byte value) {
        target.put(value);
    }

    void endPart() {
        target.put(END_MARK);
    }

    void beginMessage() {
        inLeading = messages++ == 0;
        target = inLeading ? leading : chain;
        roleLength = 0;
    }

    void beginRole() {
        roleLength = 0;
    }

    void role(byte[] bytes, int offset, int length) {
        int counted = Math.min(length, ROLE_LENGTH - roleLength);
        System.arraycopy(bytes, offset, role, roleLength, counted);
        roleLength += counted;
    }

    /** @param counted whether it belongs to the prompt that counts */
    void endMessage(byte roleMark, boolean counted) {
        if (counted) {
            endMessage(target, roleMark, isSystem() ? SYSTEM : role, isSystem() ? SYSTEM.length : roleLength);
        }
        if (inLeading) {
            endLeading();
        }
    }

    private boolean isSystem() {
        return Arrays.equals(role, 0, roleLength, SYSTEM, 0, SYSTEM.length)
                || Arrays.equals(role, 0, roleLength, DEVELOPER, 0, DEVELOPER.length);
    }

    private static void endMessage(ChunkChain to, byte roleMark, byte[] role, int length) {
        if (length > 0) {
            to.put(roleMark);
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

    void beginSystem(byte messageMark, byte textMark) {
        apart.reset(SEED);
        apart.put(messageMark);
        apart.put(textMark);
    }

    void system(byte[] bytes, int offset, int length) {
        apart.update(bytes, offset, length);
    }

    void endSystem(byte roleMark) {
        if (apart.length() == 2) {
            apart.reset(SEED);
        } else {
            apart.put(END_MARK);
            endMessage(apart, roleMark, SYSTEM, SYSTEM.length);
        }
    }

    void beginPreamble() {
        preamble.reset(SEED);
    }

    void preamble(byte[] bytes, int offset, int length) {
        preamble.update(bytes, offset, length);
    }

    void endPreamble() {
        // a sum, because the members that make up the preamble may come in any order
        if (preamble.length() > EMPTY_JSON) {
            preambleDigest += preamble.digest();
            preambleBytes += preamble.length();
        }
    }

    void beginMedia() {
        media.reset(SEED);
    }

    void media(byte[] bytes, int offset, int length) {
        media.update(bytes, offset, length);
    }

    /** Media counts as a digest: an engine spends some hundred tokens on an image, not one per four bytes of base64. */
    void endMedia() {
        long digest = media.digest();
        for (int i = 0; i < MEDIA_BYTES / 8; i++) {
            target.putInt((int) digest);
            target.putInt((int) (digest >>> 32));
        }
    }

    /**
     * The prompt is complete, or as complete as it will be. To be called once.
     *
     * @return the chain of all sections
     */
    ChunkChain finish() {
        if (inLeading) {
            endLeading();
        }
        if (apart.length() > 0) {
            apart.seal();
            chain.follow(apart);
        }
        if (preambleBytes > 0) {
            long blocks = Math.min((preambleBytes + ChunkChain.CHUNK - 1) / ChunkChain.CHUNK, Integer.MAX_VALUE);
            chain.prepend(preambleDigest, (int) blocks);
        }
        return chain;
    }

    /** Tokens of a finished prompt, by its bytes. */
    long tokens() {
        return tokens(chain.length()) + tokens(preambleBytes);
    }

    private static long tokens(long bytes) {
        return (bytes + KeyScheme.Text.BYTES_PER_TOKEN - 1) / KeyScheme.Text.BYTES_PER_TOKEN;
    }
}
