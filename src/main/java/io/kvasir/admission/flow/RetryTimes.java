package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;

/**
 * When it is worth to try again: when the queue would have come to a request like that one, at the rate at which it drains
 * now; until that was seen, at the rate at which prompts such as those that wait are computed. A tenant's own requests are all
 * before it, but for larger ones where the smallest is first, and then those, too, that will come and are smaller; others'
 * only as far as they get as much; of either only those whose turn comes before their time is over. Spread by a twentieth, so
 * that those who were refused together do not come back together. Guarded by the lock of the queue.
 */
final class RetryTimes {
    private static final double SPREAD = 0.05;
    private static final double LEAST_MILLIS = 50;
    private static final double MOST_MILLIS = 3_600_000;

    /** For how long a walk along the lines of a band counts. */
    private static final long WALK_NANOS = 250_000_000;

    /**
     * What was found on such a walk.
     *
     * @param served tokens' worth of what will be served
     * @param waited of all that waited then
     * @param sizes tokens' worth of each that will be served, where the least is first; none elsewhere
     */
    private record Walk(double served, double waited, Costs sizes) {
        /** Of one that did not wait then. */
        static final Walk NONE = new Walk(0, 0, Costs.of(DoubleStream.empty()));

        /** Share of what will be served that goes before one that costs so much. */
        double before(double cost) {
            return sizes.sorted.length == 0 ? 1 : sizes.upTo(cost) / served;
        }
    }

    /**
     * What tenants of a band wait with, or requests of a tenant.
     *
     * @param sorted tokens' worth of each, the least first
     * @param sums of these up to each
     */
    private record Costs(double[] sorted, double[] sums) {
        static Costs of(DoubleStream costs) {
            double[] sorted = costs.sorted().toArray();
            double[] sums = sorted.clone();
            for (int i = 1; i < sums.length; i++) {
                sums[i] += sums[i - 1];
            }
            return new Costs(sorted, sums);
        }

        /** Of all that are no more than that. */
        double upTo(double most) {
            int found = Arrays.binarySearch(sorted, Math.nextUp(most));
            int upTo = found < 0 ? ~found : found;
            return upTo == 0 ? 0 : sums[upTo - 1];
        }

        /** What all are served until one of them is that waits with so much, each as much as that one or all that it wants. */
        double until(double own) {
            int found = Arrays.binarySearch(sorted, own);
            int less = found < 0 ? ~found : found;
            return (less == 0 ? 0 : sums[less - 1]) + own * (sorted.length - less);
        }
    }

    private final Gates gates;
    private final Precedence precedence;
    private final Patience patience;
    private final RandomGenerator random;
    private final Map<Tenant, Walk> walks = new HashMap<>();
    private final Set<Band> walked = new HashSet<>();
    private long walkedNanos;

    RetryTimes(Gates gates, Precedence precedence, Patience patience, RandomGenerator random) {
        this.gates = gates;
        this.precedence = precedence;
        this.patience = patience;
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
        if (nowNanos - walkedNanos >= WALK_NANOS) {
            walks.clear();
            walked.clear();
            walkedNanos = nowNanos;
        }
        walk(band, rate, nowNanos);
        double own = walked(tenant).before(cost) * served(tenant) + cost;
        double ahead = own;
        for (var other : band.tenants().values()) {
            if (other != tenant && other.waiting() > 0) {
                ahead += Math.min(own, served(other));
            }
        }
        double turns = own * rate / ahead - overtaking(tenant, cost, nowNanos);
        // whoever is behind the last one leaves when its time is over
        double longest = band.settings().longestWaitSeconds();
        double seconds = turns <= 0 ? longest : Math.min(own / turns, longest);
        double spread = 1 + SPREAD * (2 * random.nextDouble() - 1);
        return Math.round(Math.clamp(1_000 * spread * seconds, LEAST_MILLIS, MOST_MILLIS));
    }

    /** Tokens a second of the tenant's own that will come and go before it. */
    private static double overtaking(Tenant tenant, double cost, long nowNanos) {
        return tenant.band().settings().ordering() == Ordering.SHORTEST
                ? tenant.overtaking().tokensPerSecondBelow(cost, nowNanos)
                : 0;
    }

    /** Tokens' worth of what waits of a tenant whose turn comes before its time is over. */
    private double served(Tenant tenant) {
        // who came meanwhile is last, who left was first
        var walk = walked(tenant);
        return Math.clamp(walk.served() + tenant.waitingCost() - walk.waited(), 0, tenant.waitingCost());
    }

    private Walk walked(Tenant tenant) {
        return walks.getOrDefault(tenant, Walk.NONE);
    }

    /**
     * Along the lines of all that wait in a band, unless that was done just now.
     *
     * @param rate tokens a second of the band
     */
    private void walk(Band band, double rate, long nowNanos) {
        if (!walked.add(band)) {
            return;
        }
        var costs = Costs.of(band.tenants().values().stream().mapToDouble(Tenant::waitingCost));
        for (var tenant : band.tenants().values()) {
            if (tenant.waiting() > 0) {
                walks.put(tenant, walk(tenant, costs.until(tenant.waitingCost()), rate, nowNanos));
            }
        }
    }

    /**
     * Along its lines, each of which is served as the tenant is in all, by what waits in it.
     *
     * @param ahead what its band is served until all of it is
     */
    private Walk walk(Tenant tenant, double ahead, double rate, long nowNanos) {
        boolean bySize = tenant.band().settings().ordering() == Ordering.SHORTEST;
        var sizes = DoubleStream.builder();
        double own = tenant.waitingCost();
        double served = 0;
        for (var line : tenant.lines()) {
            double ofLine = tenant.lines().size() == 1 ? own : cost(line);
            double perToken = ahead / ofLine / rate;
            double seconds = 0;
            for (var held : line.requests()) {
                if (patience.secondsLeft(held, nowNanos) >= seconds) {
                    seconds += held.cost() * perToken;
                    served += held.cost();
                    if (bySize) {
                        sizes.add(held.cost());
                    }
                }
            }
        }
        return new Walk(served, own, Costs.of(sizes.build()));
    }

    private static double cost(Line line) {
        double sum = 0;
        for (var held : line.requests()) {
            sum += held.cost();
        }
        return sum;
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
        var first = endpoints.getFirst();
        int kept = precedence.keeps(precedence.before(tenant).at(first), first, model, prompt);
        return healthy == 0 ? 0 : cost * requests * Math.max(1, healthy - kept) / healthy;
    }
}
