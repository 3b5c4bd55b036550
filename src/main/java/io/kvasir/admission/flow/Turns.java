package io.kvasir.admission.flow;

import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is at an endpoint. Bands share by weight: the one that was served least for its weight is first (start-time
 * fair queueing, Goyal et al. 1996), or the highest where that is configured. In a band it is the tenant that was served
 * least of late. A reserve goes to the request that has waited for most of what it may. Guarded by the lock of the queue.
 */
final class Turns {
    /** Lines of a lane that are looked at for a request that fits an endpoint now. */
    static final int TRIES = 4;

    private static final int OLDEST = 16;
    /** Tokens that the reserve saves up at most: nobody is shut out while the old ones catch up. */
    private static final double MOST_CREDIT = 1 << 14;

    private static final double SECOND = 1e9;

    /**
     * The next one.
     *
     * @param byAge whether by its age
     */
    record Turn(Held held, boolean byAge) {}

    private final Bands bands;
    private final Gates gates;
    private final Precedence precedence;
    private double floor;
    private double credit;

    Turns(Bands bands, Gates gates, Precedence precedence) {
        this.bands = bands;
        this.gates = gates;
        this.precedence = precedence;
    }

    /** A request of it will wait, where none did: it has saved nothing up. */
    void begins(Band band) {
        band.virtual(Math.max(band.virtual(), floor));
    }

    /** A request was let go that costs so much. */
    void served(Band band, double cost, boolean byAge) {
        double reserve = bands.settings().reserve();
        credit = byAge ? credit - (1 - reserve) * cost : Math.min(MOST_CREDIT, credit + reserve * cost);
        if (!byAge) {
            floor = Math.max(floor, band.virtual());
            band.virtual(band.virtual() + cost / band.weight());
        }
    }

    /** The one that the endpoint would start with soon enough, and whose turn it is; null where there is none. */
    @Nullable
    Turn next(Endpoint endpoint, long nowNanos) {
        var old = credit > 0 ? oldest(endpoint, nowNanos) : null;
        if (old != null) {
            return new Turn(old, true);
        }
        var all = bands.all();
        long tried = 0;
        for (int round = 0; round < all.length; round++) {
            int best = -1;
            for (int i = 0; i < all.length; i++) {
                if ((tried >> i & 1) == 0
                        && all[i].waiting() > 0
                        && (best < 0 || !bands.settings().strict() && all[i].virtual() < all[best].virtual())) {
                    best = i;
                }
            }
            if (best < 0) {
                return null;
            }
            tried |= 1L << best;
            var held = first(all[best], endpoint, nowNanos);
            if (held != null) {
                return new Turn(held, false);
            }
            if (keptFree(all[best], endpoint)) {
                return null;
            }
        }
        return null;
    }

    /** Whether the endpoint is kept free for a request of that band that has waited long and does not fit there yet. */
    private static boolean keptFree(Band band, Endpoint endpoint) {
        var one = band.oldest();
        for (int i = 0; one != null && i < OLDEST; i++, one = one.newer) {
            var kept = one.keptFree();
            var line = one.line();
            if (kept != null
                    && kept.tenancy() == endpoint.tenancy()
                    && line != null
                    && line.fit().has(endpoint)) {
                return true;
            }
        }
        return false;
    }

    private boolean open(Fit fit, Endpoint endpoint, long nowNanos) {
        return fit.has(endpoint)
                && (Gates.healthy(endpoint, nowNanos)
                        || fit.endpoints().stream().noneMatch(other -> Gates.healthy(other, nowNanos)));
    }

    /** Share of its band's longest wait for which it has waited; what its client says changes nothing. */
    private static double age(Held held, long nowNanos) {
        return (nowNanos - held.orderNanos()) / (held.tenant().band().settings().longestWaitSeconds() * SECOND);
    }

    private boolean aged(Held held, long nowNanos) {
        return age(held, nowNanos) >= bands.settings().promotion();
    }

    private @Nullable Held oldest(Endpoint endpoint, long nowNanos) {
        Held found = null;
        double foundAge = 0;
        for (var band : bands.all()) {
            boolean higherWait = higherWait(band);
            var one = band.oldest();
            for (int i = 0; one != null && i < OLDEST && aged(one, nowNanos); i++, one = one.newer) {
                double age = age(one, nowNanos);
                if (age > foundAge
                        && starts(one, endpoint, limit(one.tenant(), higherWait, nowNanos), nowNanos)
                        && leavesRoom(one, precedence.beforeInBand(one.tenant()), endpoint, nowNanos)) {
                    found = one;
                    foundAge = age;
                }
            }
        }
        return found;
    }

    /**
     * From when on a request is held.
     *
     * @param hold seconds until an endpoint would begin with it
     * @param headroom share of the endpoint that it leaves free
     */
    private record Limit(double hold, double headroom) {}

    private Limit limit(Tenant tenant, boolean higherWait, long nowNanos) {
        // while higher ones wait, too, it is their turn that protects them
        return higherWait && !precedence.over(tenant)
                ? new Limit(bands.settings().holdSeconds(), 0)
                : new Limit(precedence.holdSeconds(tenant, nowNanos), precedence.headroom(tenant, nowNanos));
    }

    /** Whether the endpoint would start with it soon enough, were it its turn. */
    boolean starts(Held held, Endpoint endpoint, long nowNanos) {
        return starts(
                held, endpoint, limit(held.tenant(), higherWait(held.tenant().band()), nowNanos), nowNanos);
    }

    private boolean starts(Held held, Endpoint endpoint, Limit limit, long nowNanos) {
        var line = held.line();
        return line != null && starts(line.fit(), held.work(), endpoint, limit, nowNanos);
    }

    private boolean starts(Fit fit, Work work, Endpoint endpoint, Limit limit, long nowNanos) {
        if (!open(fit, endpoint, nowNanos)) {
            return false;
        }
        String model = fit.kind().model();
        double wait = gates.promptSeconds(endpoint, model, limit.headroom(), nowNanos);
        return wait < limit.hold()
                && wait + gates.kvSeconds(endpoint, model, work, limit.headroom(), nowNanos) < limit.hold();
    }

    private boolean leavesRoom(Held held, Demand before, Endpoint endpoint, long nowNanos) {
        var fit = Objects.requireNonNull(held.line()).fit();
        double tokens = held.tenant().uncachedShare() * held.promptTokens();
        return precedence.leavesRoom(
                held.tenant(), before, endpoint, fit.kind().model(), tokens, fit.endpoints(), nowNanos);
    }

    /** Whether an endpoint would start with a request that comes now, and nobody of its band or a higher one waits for it. */
    boolean free(Tenant tenant, Fit fit, Work work, double tokens, long nowNanos) {
        var limit = limit(tenant, false, nowNanos);
        var before = precedence.before(tenant);
        String model = fit.kind().model();
        return fit.endpoints().stream()
                .anyMatch(endpoint -> !awaited(endpoint, tenant.band().priority())
                        && starts(fit, work, endpoint, limit, nowNanos)
                        && precedence.leavesRoom(tenant, before, endpoint, model, tokens, fit.endpoints(), nowNanos));
    }

    private boolean awaited(Endpoint endpoint, int priority) {
        for (var band : bands.all()) {
            if (band.priority() >= priority
                    && band.lanes().stream().anyMatch(lane -> lane.fit().has(endpoint))) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Held first(Band band, Endpoint endpoint, long nowNanos) {
        boolean higherWait = higherWait(band);
        Line best = null;
        for (int i = 0; i < band.lanes().size(); i++) {
            var lane = band.lanes().get(i);
            if (open(lane.fit(), endpoint, nowNanos)) {
                var line = first(lane, endpoint, higherWait, nowNanos);
                if (line != null && (best == null || line.key() < best.key())) {
                    best = line;
                }
            }
        }
        return best == null ? null : best.requests().first();
    }

    private boolean higherWait(Band band) {
        for (var other : bands.all()) {
            if (other.priority() <= band.priority()) {
                return false;
            }
            if (other.waiting() > 0) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Line first(Lane lane, Endpoint endpoint, boolean higherWait, long nowNanos) {
        String model = lane.fit().kind().model();
        int tries = 0;
        for (var line : lane.lines()) {
            var held = line.requests().first();
            var tenant = line.tenant();
            var limit = limit(tenant, higherWait, nowNanos);
            double wait = gates.promptSeconds(endpoint, model, limit.headroom(), nowNanos);
            if (wait < limit.hold()) {
                if (wait + gates.kvSeconds(endpoint, model, held.work(), limit.headroom(), nowNanos) >= limit.hold()) {
                    // others may go past it that need less, but not for ever
                    if (aged(held, nowNanos) && (held.keptFree() == null || keeps(held, endpoint))) {
                        held.keptFree(endpoint);
                        return null;
                    }
                } else {
                    var before = higherWait ? precedence.beforeInBand(tenant) : precedence.before(tenant);
                    if (leavesRoom(held, before, endpoint, nowNanos)) {
                        return line;
                    }
                }
            } else if (!precedence.over(tenant)) {
                // nobody behind it is held less
                return null;
            }
            if (++tries == TRIES) {
                return null;
            }
        }
        return null;
    }

    private static boolean keeps(Held held, Endpoint endpoint) {
        var kept = held.keptFree();
        return kept != null && kept.tenancy() == endpoint.tenancy();
    }
}
