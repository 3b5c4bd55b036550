package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolSnapshot;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who matters more than whom, and what is kept free for those: requests of higher bands, and within a band those of tenants
 * that were served no more than their share, before those of tenants that were served more. Looked at anew every second or
 * so under the lock of the queue, read on any thread.
 *
 * <p>A request that matters less is let go to an endpoint only while others stay free, as many as those that matter more may
 * ask for at once (by the square root of how many they keep busy, after Halfin and Whitt 1981), if some of them are likely to
 * come while it is computed: an engine begins with nothing else before it has computed a prompt. Only those count that the
 * endpoint may serve, by their models, and all endpoints where these may go.
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
    private final Pool pool;
    private long lookedNanos;
    private @Nullable PoolSnapshot counted;
    private Demand countedFor = Demand.NONE;
    private long countedNanos;
    private int healthyOnes;
    private int freeOnes;

    Precedence(Bands bands, Gates gates, Pool pool, long nowNanos) {
        this.bands = bands;
        this.gates = gates;
        this.pool = pool;
        lookedNanos = nowNanos;
    }

    /** Counts what came since the last time. Tenants must have been {@linkplain Bands#fold folded}. */
    void look(long nowNanos) {
        double seconds = (nowNanos - lookedNanos) * 1e-9;
        if (seconds <= 0) {
            return;
        }
        lookedNanos = nowNanos;
        var served = new ServedModels(pool.snapshot(), pass(seconds), nowNanos);
        var all = new Demands.Sum(served.size());
        var every = bands.all();
        var ofBands = new Demands.Sum[every.length];
        var ofModest = new Demands.Sum[every.length];
        for (int i = 0; i < ofBands.length; i++) {
            ofBands[i] = new Demands.Sum(served.size());
            ofModest[i] = new Demands.Sum(served.size());
            double most = OVER * equalShare(every[i]);
            for (var tenant : every[i].tenants().values()) {
                tenant.over(tenant.service() > most);
                for (var asked : tenant.asks().entrySet()) {
                    Integer bit = served.bit(asked.getKey());
                    if (bit != null) {
                        ofBands[i].add(bit, asked.getKey(), asked.getValue());
                        if (!tenant.over()) {
                            ofModest[i].add(bit, asked.getKey(), asked.getValue());
                        }
                    }
                }
            }
            all.add(ofBands[i]);
        }
        var above = new Demands.Sum(served.size());
        for (int i = 0; i < ofBands.length; i++) {
            var higher = above.at(served, all);
            var modest = ofModest[i].at(served, all);
            ofModest[i].add(above);
            above.add(ofBands[i]);
            every[i].mattersMore(higher, modest, ofModest[i].at(served, all), above.at(served, all));
        }
    }

    /** Models that are asked for, those that most of late ask for first. */
    private List<String> pass(double seconds) {
        Map<String, Double> asked = new HashMap<>();
        for (var band : bands.all()) {
            for (var tenant : band.tenants().values()) {
                tenant.asks().forEach((model, rate) -> {
                    rate.pass(seconds);
                    asked.merge(model, rate.requestsPerSecond() + rate.inFlight(), Double::sum);
                });
                tenant.forgetAsks();
            }
        }
        return asked.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** What each tenant would have been served that asks now, if all had been served the same. */
    private static double equalShare(Band band) {
        double sum = 0;
        int asking = 0;
        for (var tenant : band.tenants().values()) {
            if (tenant.waiting() > 0 || tenant.requestsPerSecond() >= Demands.LEAST) {
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

    /**
     * Predicted seconds until an endpoint begins, from which on a request of that tenant is held; {@link Gates#NEXT_STEP}
     * unless it is configured for those that matter less.
     */
    double holdSeconds(Tenant tenant, long nowNanos) {
        var settings = bands.settings();
        return lesser(tenant, nowNanos) ? settings.lowerHoldSeconds() : settings.holdSeconds();
    }

    /** Share of an endpoint that a request of that tenant leaves free. */
    double headroom(Tenant tenant, long nowNanos) {
        return lesser(tenant, nowNanos) ? bands.settings().headroom() : 0;
    }

    /** What those ask for that matter more than a tenant's requests. */
    Demands before(Tenant tenant) {
        var band = tenant.band();
        if (!bands.settings().keepFree()) {
            return Demands.NONE;
        }
        return tenant.over() ? band.aboveAndModest() : band.above();
    }

    /** The same without higher bands, for when it is their turn that protects them. */
    Demands beforeInBand(Tenant tenant) {
        return over(tenant) ? tenant.band().modest() : Demands.NONE;
    }

    /**
     * How many other endpoints have to be free before a request is let go to one; 0 for none.
     *
     * @param before what those ask of that endpoint that matter more than it
     * @param tokens of its prompt that have to be computed
     */
    int keeps(Demand before, Endpoint endpoint, String model, double tokens) {
        if (before.requestsPerSecond() <= 0 || !serves(endpoint, before)) {
            return 0;
        }
        double seconds = gates.prefillSeconds(endpoint, model, tokens)
                + gates.beforeSeconds(bands.settings().lowerHoldSeconds(), endpoint, model);
        if (before.requestsPerSecond() * seconds < LIKELY) {
            return 0;
        }
        double busy = before.requestsPerSecond() * gates.prefillSeconds(endpoint, before.model(), before.tokens());
        return Math.clamp((int) Math.ceil(AMPLE * Math.sqrt(busy)), 1, MOST);
    }

    /**
     * Whether enough stay free of those that serve who matters more, were a request let go to one of them. To be called
     * under the lock of the queue.
     */
    boolean leavesRoom(Tenant tenant, Demands before, Endpoint endpoint, String model, double tokens, long nowNanos) {
        var asked = before.at(endpoint);
        int keeps = keeps(asked, endpoint, model, tokens);
        if (keeps == 0) {
            return true;
        }
        count(before, asked, nowNanos);
        return enough(tenant, keeps, freeOnes, healthyOnes, endpoint);
    }

    /** Counts those that are free, once for all requests and endpoints that are looked at in one moment. */
    @SuppressWarnings("ReferenceEquality") // the very ones
    private void count(Demands before, Demand asked, long nowNanos) {
        var all = pool.snapshot();
        if (counted == all && countedFor == asked && countedNanos == nowNanos) {
            return;
        }
        counted = all;
        countedFor = asked;
        countedNanos = nowNanos;
        healthyOnes = 0;
        freeOnes = 0;
        for (int i = 0; i < all.size(); i++) {
            var own = before.at(all.at(i));
            if (counts(all.at(i), own, asked, nowNanos)) {
                healthyOnes++;
                freeOnes += free(all.at(i), own, nowNanos) ? 1 : 0;
            }
        }
    }

    /** The same as {@link #leavesRoom} for one that comes, on any thread, among a pool as that was seen. */
    boolean leavesRoom(Tenant tenant, PoolSnapshot all, Endpoint endpoint, String model, double tokens, long nowNanos) {
        var before = before(tenant);
        var asked = before.at(endpoint);
        int keeps = keeps(asked, endpoint, model, tokens);
        if (keeps == 0) {
            return true;
        }
        int healthy = 0;
        int free = 0;
        for (int i = 0; i < all.size() && free <= keeps; i++) {
            var own = before.at(all.at(i));
            if (counts(all.at(i), own, asked, nowNanos)) {
                healthy++;
                free += free(all.at(i), own, nowNanos) ? 1 : 0;
            }
        }
        return enough(tenant, keeps, free, healthy, endpoint);
    }

    /** Endpoints have more or less to do than a moment ago. */
    void changed() {
        counted = null;
    }

    /**
     * Whether some of those may go there, too, for whom an endpoint is kept free.
     *
     * @param own what is asked of the one that may count
     * @param kept what is asked of the other
     */
    private static boolean counts(Endpoint endpoint, Demand own, Demand kept, long nowNanos) {
        return own.meets(kept) && serves(endpoint, own) && Gates.healthy(endpoint, nowNanos);
    }

    /** Whether an endpoint has room for a usual request of those that matter more: else it is kept for nobody. */
    private static boolean serves(Endpoint endpoint, Demand before) {
        return Fit.room(endpoint, before.model()) >= before.tokens();
    }

    /** Whether a healthy endpoint that serves those that matter more would begin at once with a request of theirs. */
    private boolean free(Endpoint endpoint, Demand asked, long nowNanos) {
        return gates.free(endpoint, asked.model(), asked.share(), nowNanos);
    }

    /**
     * Whether enough are free still when one more is taken, which will be a free one: as many as are to be kept, or all
     * others, or half of them for tenants of one band.
     *
     * @param healthy of those that {@linkplain #serves serve} who matters more
     */
    private static boolean enough(Tenant tenant, int keeps, int free, int healthy, Endpoint endpoint) {
        boolean ofOneBand = tenant.band().above().at(endpoint).requestsPerSecond() <= 0;
        int kept = Math.min(keeps, ofOneBand ? healthy / 2 : healthy - 1);
        return kept <= 0 || free > kept;
    }
}
