package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import java.util.List;

/**
 * Who matters more than whom, and what is kept free for those: requests of higher bands, and within a band those of tenants
 * that were served no more than their share, before those of tenants that were served more. Looked at anew every second or
 * so under the lock of the queue, read on any thread.
 *
 * <p>A request that matters less is let go to an endpoint only while others stay free, as many as those that matter more may
 * ask for at once (by the square root of how many they keep busy, after Halfin and Whitt 1981), if some of them are likely to
 * come while it is computed: an engine begins with nothing else before it has computed a prompt.
 */
final class Precedence {
    /** How many times its equal share of a band's service a tenant may have had before others go before it. */
    private static final double OVER = 1.25;

    /** Requests that matter more and come while one is computed, from which on room is kept for them. */
    private static final double LIKELY = 0.1;

    /** How many times that square root: hardly any then find none free. */
    private static final double AMPLE = 2;

    /** Endpoints that are kept free at most: of more, some are free at most times. */
    private static final int MOST = 8;

    private final Bands bands;
    private final Gates gates;
    private long lookedNanos;
    private List<Endpoint> counted = List.of();
    private Demand countedFor = Demand.NONE;
    private long countedNanos;
    private int healthyOnes;
    private int freeOnes;

    Precedence(Bands bands, Gates gates, long nowNanos) {
        this.bands = bands;
        this.gates = gates;
        lookedNanos = nowNanos;
    }

    /** Counts what came since the last time. Tenants must have been {@linkplain Bands#fold folded}. */
    void look(long nowNanos) {
        double seconds = (nowNanos - lookedNanos) * 1e-9;
        if (seconds <= 0) {
            return;
        }
        lookedNanos = nowNanos;
        long inFlight = 0;
        for (var band : bands.all()) {
            inFlight += band.inFlight().get();
        }
        var above = Demand.NONE;
        for (var band : bands.all()) {
            var modest = Demand.NONE;
            var all = Demand.NONE;
            double most = OVER * equalShare(band, seconds);
            for (var tenant : band.tenants().values()) {
                boolean over = tenant.service() > most;
                tenant.over(over);
                var rate = tenant.arrivals().rate().withShare(tenant.inFlight().get() / Math.max(1.0, inFlight));
                all = all.plus(rate);
                modest = over ? modest : modest.plus(rate);
            }
            band.mattersMore(above, modest);
            above = above.plus(all);
        }
    }

    /** What each tenant would have been served that asks now, if all had been served the same. */
    private static double equalShare(Band band, double seconds) {
        double sum = 0;
        int asking = 0;
        for (var tenant : band.tenants().values()) {
            tenant.arrivals().pass(seconds);
            if (tenant.waiting() > 0 || tenant.arrivals().rate().requestsPerSecond() > 0) {
                asking++;
                sum += tenant.service();
            }
        }
        return asking == 0 ? Double.POSITIVE_INFINITY : sum / asking;
    }

    /** Whether others matter more than a tenant's requests. */
    boolean lesser(Tenant tenant, long nowNanos) {
        return over(tenant) || !bands.highest(tenant.band(), nowNanos);
    }

    /** Whether it was served more than its share, and that makes a difference. */
    boolean over(Tenant tenant) {
        return bands.settings().keepFree() && tenant.over();
    }

    /** Predicted seconds until an endpoint begins, from which on a request of that tenant is held. */
    double holdSeconds(Tenant tenant, long nowNanos) {
        var settings = bands.settings();
        return lesser(tenant, nowNanos) ? settings.lowerHoldSeconds() : settings.holdSeconds();
    }

    /** Share of an endpoint that a request of that tenant leaves free. */
    double headroom(Tenant tenant, long nowNanos) {
        return lesser(tenant, nowNanos) ? bands.settings().headroom() : 0;
    }

    /** What those ask for that matter more than a tenant's requests. */
    Demand before(Tenant tenant) {
        var band = tenant.band();
        if (!bands.settings().keepFree()) {
            return Demand.NONE;
        }
        return tenant.over() ? band.aboveAndModest() : band.above();
    }

    /** The same without higher bands, for when it is their turn that protects them. */
    Demand beforeInBand(Tenant tenant) {
        return over(tenant) ? tenant.band().modest() : Demand.NONE;
    }

    /**
     * How many other endpoints have to be free before a request is let go to one; 0 for none.
     *
     * @param before those that matter more than it
     * @param tokens of its prompt that have to be computed
     */
    int keeps(Demand before, Endpoint endpoint, String model, double tokens) {
        if (before.requestsPerSecond() <= 0 || !serves(endpoint, before, model)) {
            return 0;
        }
        double seconds =
                gates.prefillSeconds(endpoint, model, tokens) + bands.settings().lowerHoldSeconds();
        if (before.requestsPerSecond() * seconds < LIKELY) {
            return 0;
        }
        double busy = before.requestsPerSecond() * gates.prefillSeconds(endpoint, model, before.tokens());
        return Math.clamp((int) Math.ceil(AMPLE * Math.sqrt(busy)), 1, MOST);
    }

    /**
     * Whether enough stay free of those where a request may go, were it let go to one of them. To be called under the lock of
     * the queue.
     */
    boolean leavesRoom(
            Tenant tenant,
            Demand before,
            Endpoint endpoint,
            String model,
            double tokens,
            List<Endpoint> endpoints,
            long nowNanos) {
        int keeps = keeps(before, endpoint, model, tokens);
        if (keeps == 0) {
            return true;
        }
        count(endpoints, before, model, nowNanos);
        return enough(tenant, keeps, freeOnes, healthyOnes);
    }

    /** Counts those that are free, once for all requests and endpoints that are looked at in one moment. */
    @SuppressWarnings("ReferenceEquality") // the very ones
    private void count(List<Endpoint> endpoints, Demand before, String model, long nowNanos) {
        if (counted == endpoints && countedFor == before && countedNanos == nowNanos) {
            return;
        }
        counted = endpoints;
        countedFor = before;
        countedNanos = nowNanos;
        healthyOnes = 0;
        freeOnes = 0;
        for (int i = 0; i < endpoints.size(); i++) {
            var endpoint = endpoints.get(i);
            if (Gates.healthy(endpoint, nowNanos) && serves(endpoint, before, model)) {
                healthyOnes++;
                freeOnes += free(endpoint, before, model, nowNanos) ? 1 : 0;
            }
        }
    }

    /** Endpoints have more or less to do than a moment ago. */
    void changed() {
        counted = List.of();
    }

    /** Whether an endpoint has room for a usual request of those that matter more: else it is kept for nobody. */
    static boolean serves(Endpoint endpoint, Demand before, String model) {
        return Fit.room(endpoint, model) >= before.tokens();
    }

    /** Whether a healthy endpoint that serves those that matter more would begin at once with a request of theirs. */
    boolean free(Endpoint endpoint, Demand before, String model, long nowNanos) {
        return gates.free(endpoint, model, before.share(), nowNanos);
    }

    /**
     * Whether enough are free still when one more is taken, which will be a free one: as many as are to be kept, or all
     * others, or half of them for tenants of one band.
     *
     * @param healthy of those that {@linkplain #serves serve} who matters more
     */
    boolean enough(Tenant tenant, int keeps, int free, int healthy) {
        boolean ofOneBand = tenant.band().above().requestsPerSecond() <= 0;
        int kept = Math.min(keeps, ofOneBand ? healthy / 2 : healthy - 1);
        return kept <= 0 || free > kept;
    }
}
