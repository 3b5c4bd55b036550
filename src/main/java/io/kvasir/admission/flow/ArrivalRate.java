package io.kvasir.admission.flow;

import java.util.concurrent.atomic.AtomicLong;

/** What came of late: counted on any thread, looked at under the lock of the queue. */
final class ArrivalRate {
    private static final double MEMORY_SECONDS = 5;

    /** Less than one in a minute or so is nothing that comes. */
    private static final double LEAST = 0.02;

    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    private Demand rate = Demand.NONE;

    /** One came, of whose prompt so many tokens have to be computed. */
    void came(long uncachedTokens) {
        requests.getAndIncrement();
        tokens.getAndAdd(uncachedTokens);
    }

    /** So much time went by since the last look. */
    void pass(double seconds) {
        double kept = Math.exp(-seconds / MEMORY_SECONDS);
        double share = (1 - kept) / seconds;
        rate = new Demand(
                rate.requestsPerSecond() * kept + requests.getAndSet(0) * share,
                rate.tokensPerSecond() * kept + tokens.getAndSet(0) * share,
                0);
    }

    /** As of the last look; {@link Demand#NONE} where next to nothing comes. */
    Demand rate() {
        return rate.requestsPerSecond() < LEAST ? Demand.NONE : rate;
    }
}
