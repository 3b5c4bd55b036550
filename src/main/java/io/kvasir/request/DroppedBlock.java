package io.kvasir.request;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * Finds, while its bytes come in pieces, the block that coding agents put before their system prompt for Anthropic's
 * accounting, {@code x-anthropic-billing-header: …}, which differs from session to session or from request to request.
 * vLLM drops such blocks of {@code system} and of system messages before it renders a prompt.
 */
final class DroppedBlock {
    private static final byte[] START = "x-anthropic-billing-header".getBytes(US_ASCII);
    private static final byte[] SYSTEM = "system".getBytes(US_ASCII);
    private static final int KEEPING = -1;

    /** Bytes that agree with {@link #START} so far and are held back, or {@link #KEEPING}. */
    private int agreed = KEEPING;

    /** Bytes of the message's role that agree with {@link #SYSTEM}; -1 for another role. */
    private int role;

    void reset() {
        agreed = KEEPING;
        role = 0;
    }

    /** A message begins. */
    void message() {
        role = 0;
    }

    /** The next bytes of its role. */
    void role(byte[] bytes, int offset, int length) {
        for (int i = 0; i < length && role >= 0; i++) {
            boolean agrees = role < SYSTEM.length && bytes[offset + i] == SYSTEM[role];
            role = agrees ? role + 1 : -1;
        }
    }

    /** Whether the message is known to be the system's: its role came before its content. */
    boolean inSystemMessage() {
        return role == SYSTEM.length;
    }

    /** The text of a block begins. */
    void begin(boolean mayBeDropped) {
        agreed = mayBeDropped ? 0 : KEEPING;
    }

    /** Whether all text of the block is to be passed on as it comes. */
    boolean keeping() {
        return agreed == KEEPING;
    }

    /**
     * The next bytes of a block that is not {@link #keeping}.
     *
     * @return bytes of {@link #start} that go before these, which are to be passed on like all that follow; -1 where
     *     these are held back or dropped
     */
    int take(byte[] bytes, int offset, int length) {
        int before = agreed;
        for (int i = 0; i < length && agreed < START.length; i++) {
            if (bytes[offset + i] != START[agreed]) {
                agreed = KEEPING;
                return before;
            }
            agreed++;
        }
        return -1;
    }

    /** The text ends: bytes of {@link #start} that were held back and are to be passed on. */
    int end() {
        int held = agreed < START.length ? Math.max(0, agreed) : 0;
        agreed = KEEPING;
        return held;
    }

    /** What a dropped block begins with; bytes that are held back are its first ones. */
    static byte[] start() {
        return START;
    }
}
