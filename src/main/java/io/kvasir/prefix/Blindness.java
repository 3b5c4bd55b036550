package io.kvasir.prefix;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether what an endpoint tells is worth nothing: its engine finds prompts in its cache of which its events told nothing
 * that matches, again and again. Tokens that are not those of the engine make such a view, and events that name other things
 * than prompts. Tried again after a while. From any thread, without a lock.
 */
final class Blindness {
    /** Requests, of which the engine found a part, that are judged together. */
    static final int JUDGED = 24;
    /** Requests that others predict before it is tried again. */
    static final int RESTS = 512;

    private static final int BITS = 16;
    private static final long MASK = (1L << BITS) - 1;

    /** Requests seen and missed of those that are judged next, and what is left of a rest. */
    private final AtomicLong state = new AtomicLong();

    /**
     * A prediction of this view was compared.
     *
     * @param least tokens found from which it counts: less is no proof
     */
    void observe(int predictedTokens, int cachedTokens, int least) {
        if (cachedTokens >= least) {
            boolean missed = 2L * predictedTokens < cachedTokens;
            state.getAndUpdate(now -> judged((now & MASK) + 1, (now >>> BITS & MASK) + (missed ? 1 : 0), now));
        }
    }

    private static long judged(long seen, long missed, long now) {
        if (seen < JUDGED) {
            return now >>> 2 * BITS << 2 * BITS | missed << BITS | seen;
        }
        return 2 * missed > JUDGED ? (long) RESTS << 2 * BITS : 0;
    }

    /** A request was predicted by another view. */
    void passedOver() {
        if (isBlind()) {
            state.getAndUpdate(now -> now >>> 2 * BITS == 0 ? now : now - (1L << 2 * BITS));
        }
    }

    /** Whether nothing that it tells is believed. */
    boolean isBlind() {
        return state.get() >>> 2 * BITS != 0;
    }

    /** What is known now was told anew. */
    void forget() {
        state.set(0);
    }
}
