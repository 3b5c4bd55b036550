package io.kvasir.prefix;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether what an endpoint tells is worth nothing. Two things show that. Its engine finds prompts in its cache of which its
 * events told nothing that matches, again and again: tried again after a while. Or its events tell nothing of the prompts
 * that were sent there, when their answers have ended: until they do. Tokens that are not those of the engine make such a
 * view, events of another engine, and events that name other things than prompts. From any thread, without a lock.
 */
final class Blindness {
    /** Requests that are judged together: of which the engine found a part, or whose answers ended. */
    static final int JUDGED = 24;
    /** Requests that others predict before it is tried again. */
    static final int RESTS = 512;

    private static final int BITS = 16;
    private static final long MASK = (1L << BITS) - 1;

    /** Requests seen and missed of those that are judged next, and what is left of a rest. */
    private final AtomicLong found = new AtomicLong();

    /** The same of what was sent; it rests until what is judged next is better. */
    private final AtomicLong sent = new AtomicLong();

    /**
     * A prediction of this view was compared.
     *
     * @param least tokens found from which it counts: less is no proof
     */
    void observe(int predictedTokens, int cachedTokens, int least) {
        if (cachedTokens >= least) {
            judge(found, 2L * predictedTokens < cachedTokens);
        }
    }

    /** A prompt was sent and its answer has ended: whether events told of less than half of it. */
    void sent(boolean missed) {
        judge(sent, missed);
    }

    private static void judge(AtomicLong state, boolean missed) {
        state.getAndUpdate(now -> judged((now & MASK) + 1, (now >>> BITS & MASK) + (missed ? 1 : 0), now));
    }

    private static long judged(long seen, long missed, long now) {
        if (seen < JUDGED) {
            return now >>> 2 * BITS << 2 * BITS | missed << BITS | seen;
        }
        return 2 * missed > JUDGED ? (long) RESTS << 2 * BITS : 0;
    }

    /** A request was predicted by another view. */
    void passedOver() {
        if (isUnmatched()) {
            found.getAndUpdate(now -> now >>> 2 * BITS == 0 ? now : now - (1L << 2 * BITS));
        }
    }

    /** Whether its engine finds what its events do not tell of. */
    boolean isUnmatched() {
        return found.get() >>> 2 * BITS != 0;
    }

    /** Whether its events do not tell of what is sent there. */
    boolean isUnconfirmed() {
        return sent.get() >>> 2 * BITS != 0;
    }

    /** Whether nothing that it tells is believed. */
    boolean isBlind() {
        return isUnmatched() || isUnconfirmed();
    }

    /** What is known now was told anew. */
    void forget() {
        found.set(0);
        sent.set(0);
    }
}
