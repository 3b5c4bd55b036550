package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What flow control knows of one replica beside its books: what was let go for it and is not booked yet, and how many
 * sequences its engine runs at once, as far as pages show. Safe for any thread.
 */
final class EndpointGate {
    /** Sequences below which a page with a queue tells of prompts that are computed rather than of places. */
    private static final int FEWEST_SLOTS = 8;

    private final long tenancy;
    private final AtomicLong reservedNanos = new AtomicLong();
    private final AtomicLong reservedTokens = new AtomicLong();
    private final AtomicLong reservedSequences = new AtomicLong();
    private volatile long slots;
    private long crowded;
    private long pageNanos;

    EndpointGate(Endpoint endpoint) {
        tenancy = endpoint.tenancy();
    }

    /** Whether it is of that replica, and not of an earlier one with the same ordinal. */
    boolean of(Endpoint endpoint) {
        return tenancy == endpoint.tenancy();
    }

    /**
     * Looks at its last page. Places are known once two pages in a row show a queue beside as many sequences, and unknown
     * once one shows none.
     */
    synchronized void look(Endpoint endpoint) {
        var page = endpoint.stats();
        if (!page.known() || page.takenNanos() == pageNanos) {
            return;
        }
        pageNanos = page.takenNanos();
        int running = page.running();
        if (page.waiting() <= 0 || running < FEWEST_SLOTS) {
            crowded = 0;
            slots = 0;
            return;
        }
        slots = crowded > 0 && Math.abs(running - crowded) <= Math.max(1, crowded / 32)
                ? Math.max(running, crowded)
                : 0;
        crowded = running;
    }

    /** Sequences that its engine runs at once; 0 where that does not show. */
    long slots() {
        return slots;
    }

    void reserve(long nanos, long tokens, long sequences) {
        reservedNanos.getAndAdd(nanos);
        reservedTokens.getAndAdd(tokens);
        reservedSequences.getAndAdd(sequences);
    }

    /** Seconds of prompts that were let go and are not booked. */
    double reservedSeconds() {
        return reservedNanos.get() * 1e-9;
    }

    long reservedTokens() {
        return reservedTokens.get();
    }

    long reservedSequences() {
        return reservedSequences.get();
    }
}
