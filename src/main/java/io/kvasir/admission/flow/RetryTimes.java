package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * When it is worth to try again: when the queue would have come to a request like that one, at the rate at which it drains
 * now; until that was seen, at the rate at which prompts such as those that wait are computed. A tenant's own requests are all
 * before it, others' only as far as they get as much. Spread by a twentieth, so that those who were refused together do not
 * come back together. Guarded by the lock of the queue.
 */
final class RetryTimes {
    private static final double SPREAD = 0.05;
    private static final double LEAST_MILLIS = 50;
    private static final double MOST_MILLIS = 3_600_000;

    private final Gates gates;
    private final Precedence precedence;
    private final RandomGenerator random;

    RetryTimes(Gates gates, Precedence precedence, RandomGenerator random) {
        this.gates = gates;
        this.precedence = precedence;
        this.random = random;
    }

    /** ms from now; 0 where nothing tells. */
    long millis(Tenant tenant, double cost, long nowNanos) {
        var band = tenant.band();
        double believed = band.drain().settled() ? 0 : believed(tenant, nowNanos);
        double rate = band.drain().tokensPerSecond(believed);
        if (rate <= 0) {
            return 0;
        }
        double own = tenant.waitingCost() + cost;
        double ahead = own;
        for (var other : band.tenants().values()) {
            if (other != tenant) {
                ahead += Math.min(own, other.waitingCost());
            }
        }
        // those further behind leave when their time is over
        double seconds = Math.min(ahead / rate, band.settings().longestWaitSeconds());
        double spread = 1 + SPREAD * (2 * random.nextDouble() - 1);
        return Math.round(Math.clamp(1_000 * spread * seconds, LEAST_MILLIS, MOST_MILLIS));
    }

    /** Tokens a second if endpoints computed nothing but prompts such as those of the band that wait; 0 where none do. */
    private double believed(Tenant tenant, long nowNanos) {
        var band = tenant.band();
        List<Endpoint> endpoints = List.of();
        String model = "";
        for (var lane : band.lanes()) {
            if (lane.fit().endpoints().size() > endpoints.size()) {
                endpoints = lane.fit().endpoints();
                model = lane.fit().kind().model();
            }
        }
        if (endpoints.isEmpty()) {
            return 0;
        }
        double prompt = tenant.uncachedShare() * band.tokens() / band.waiting();
        double cost = 0;
        for (var one : band.tenants().values()) {
            cost += one.waitingCost() / band.waiting();
        }
        double requests = 0;
        int healthy = 0;
        for (var endpoint : endpoints) {
            if (Gates.healthy(endpoint, nowNanos)) {
                healthy++;
                requests += 1 / gates.prefillSeconds(endpoint, model, prompt);
            }
        }
        int kept = precedence.keeps(precedence.before(tenant), endpoints.getFirst(), model, prompt);
        return healthy == 0 ? 0 : cost * requests * Math.max(1, healthy - kept) / healthy;
    }
}
