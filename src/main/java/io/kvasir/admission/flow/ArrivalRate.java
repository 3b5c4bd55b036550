package io.kvasir.admission.flow;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one tenant asks of one model: what came of late and what is in flight. Counted on any thread, looked at under the
 * lock of the queue.
 */
final class ArrivalRate {
    private static final double MEMORY_SECONDS = 5;

    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile double requestsPerSecond;
    private volatile double tokensPerSecond;

    /** One was let in, of whose prompt so many tokens have to be computed. */
    void came(long uncachedTokens) {
        requests.getAndIncrement();
        tokens.getAndAdd(uncachedTokens);
        inFlight.getAndIncrement();
    }

    /** One has ended. */
    void ended() {
        inFlight.getAndDecrement();
    }

    /** Those that were let in and have not ended. */
    int inFlight() {
        return inFlight.get();
    }

    /** So much time went by since the last look. */
    void pass(double seconds) {
        double kept = Math.exp(-seconds / MEMORY_SECONDS);
        double share = (1 - kept) / seconds;
        requestsPerSecond = requestsPerSecond * kept + requests.getAndSet(0) * share;
        tokensPerSecond = tokensPerSecond * kept + tokens.getAndSet(0) * share;
    }

    /** As of the last look. */
    double requestsPerSecond() {
        return requestsPerSecond;
    }

    /** Prompt tokens that have to be computed, as of the last look. */
    double tokensPerSecond() {
        return tokensPerSecond;
    }

    /** Whether less came than counts, and nothing is in flight. */
    boolean idle() {
        return inFlight.get() == 0 && requests.get() == 0 && requestsPerSecond < Demands.LEAST;
    }
}
