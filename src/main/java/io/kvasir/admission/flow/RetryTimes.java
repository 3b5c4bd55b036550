package io.kvasir.admission.flow;

import java.util.random.RandomGenerator;

/**
 * When it is worth to try again: when the queue would have come to a request like that one, at the rate at which it drains
 * now. A tenant's own requests are all before it, others' only as far as they get as much. Spread by a tenth, so that those
 * who were refused together do not come back together. Guarded by the lock of the queue.
 */
final class RetryTimes {
    private static final double SPREAD = 0.1;
    private static final double LEAST_MILLIS = 50;
    private static final double MOST_MILLIS = 3_600_000;

    private final RandomGenerator random;

    RetryTimes(RandomGenerator random) {
        this.random = random;
    }

    /** ms from now; 0 where nothing was let go yet that could tell. */
    long millis(Tenant tenant, double cost) {
        double rate = tenant.band().drain().tokensPerSecond();
        if (rate <= 0) {
            return 0;
        }
        double own = tenant.waitingCost() + cost;
        double ahead = own;
        for (var other : tenant.band().tenants().values()) {
            if (other != tenant) {
                ahead += Math.min(own, other.waitingCost());
            }
        }
        // those further behind leave when their time is over
        double seconds = Math.min(ahead / rate, tenant.band().settings().longestWaitSeconds());
        double spread = 1 + SPREAD * (2 * random.nextDouble() - 1);
        return Math.round(Math.clamp(1_000 * spread * seconds, LEAST_MILLIS, MOST_MILLIS));
    }
}
