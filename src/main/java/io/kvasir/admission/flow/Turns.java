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

    /** A request of it will wait, where none did: it has saved nothing up, and is behind none that waits. */
    void begins(Band band) {
        double level = floor;
        for (var other : bands.all()) {
            level = other.waiting() > 0 ? Math.min(level, other.virtual()) : level;
        }
        band.virtual(Math.max(band.virtual(), level));
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
            var kept = keptFree(all[best], endpoint);
            if (kept != null && credit > 0 && aged(kept, nowNanos)) {
                // nor do smaller ones take for ever what it waits for
                return null;
            }
            var held = first(all[best], endpoint, nowNanos);
            if (held != null) {
                return new Turn(held, false);
            }
            kept = keptFree(all[best], endpoint);
            tried |= kept == null ? 0 : behind(all, best, kept);
        }
        return null;
    }

    /**
     * Bands that do not go past a request which the endpoint is kept free for: they would take bit by bit what it waits for.
     * Lower ones never do, higher ones until they had so much more than their share as it costs.
     */
    private static long behind(Band[] all, int band, Held kept) {
        double turn = all[band].virtual() + kept.cost() / all[band].weight();
        long behind = 0;
        for (int i = 0; i < all.length; i++) {
            behind |= i > band || all[i].virtual() >= turn ? 1L << i : 0;
        }
        return behind;
    }

    /** A request of that band that does not fit the endpoint yet, and that it is kept free for; null for none. */
    private static @Nullable Held keptFree(Band band, Endpoint endpoint) {
        var one = band.oldest();
        for (int i = 0; one != null && i < OLDEST; i++, one = one.newer) {
            var line = one.line();
            if (keeps(one, endpoint) && line != null && line.fit().has(endpoint)) {
                return one;
            }
        }
        return null;
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
        double keptAge = 0;
        for (var band : bands.all()) {
            boolean higherWait = bands.higherWait(band, nowNanos);
            var one = band.oldest();
            for (int i = 0; one != null && i < OLDEST && aged(one, nowNanos); i++, one = one.newer) {
                double age = age(one, nowNanos);
                var limit = limit(one.tenant(), higherWait, nowNanos);
                if (!starts(one, endpoint, limit, nowNanos)) {
                    keepForRoom(one, endpoint, limit, nowNanos);
                    keptAge = keeps(one, endpoint) ? Math.max(keptAge, age) : keptAge;
                } else if (age > foundAge
                        && leavesRoom(one, precedence.beforeInBand(one.tenant()), endpoint, nowNanos)) {
                    found = one;
                    foundAge = age;
                }
            }
        }
        // who waits for room for longer is not passed
        return foundAge > keptAge ? found : null;
    }

    /**
     * From when on a request is held.
     *
     * @param hold seconds until an endpoint would begin with it, or {@link Gates#NEXT_STEP}
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
                held,
                endpoint,
                limit(held.tenant(), bands.higherWait(held.tenant().band(), nowNanos), nowNanos),
                nowNanos);
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
        double bound = gates.beginsSeconds(limit.hold(), endpoint, model, nowNanos);
        return wait < bound && wait + gates.kvSeconds(endpoint, model, work, limit.headroom(), nowNanos) < bound;
    }

    /** Has the endpoint kept free for one that it would start with but for its blocks, unless another one is. */
    private void keepForRoom(Held held, Endpoint endpoint, Limit limit, long nowNanos) {
        var fit = Objects.requireNonNull(held.line()).fit();
        String model = fit.kind().model();
        var kept = held.keptFree();
        if ((kept == null || !Gates.healthy(kept, nowNanos))
                && open(fit, endpoint, nowNanos)
                && gates.promptSeconds(endpoint, model, limit.headroom(), nowNanos)
                        < gates.beginsSeconds(limit.hold(), endpoint, model, nowNanos)) {
            held.keptFree(endpoint);
        }
    }

    private boolean leavesRoom(Held held, Demands before, Endpoint endpoint, long nowNanos) {
        String model = Objects.requireNonNull(held.line()).fit().kind().model();
        double tokens = held.tenant().uncachedShare() * held.promptTokens();
        return precedence.leavesRoom(held.tenant(), before, endpoint, model, tokens, nowNanos);
    }

    /**
     * The first of a band that has waited for longer than the highest is held, and for want of room: no endpoint would start
     * with it, were it kept free for nobody. Null where none of the oldest does.
     */
    @Nullable
    Held firstWithoutRoom(Band band, long nowNanos) {
        var limit = new Limit(bands.settings().holdSeconds(), 0);
        var one = band.oldest();
        for (int i = 0; one != null && i < OLDEST; i++, one = one.newer) {
            var held = one;
            var fit = Objects.requireNonNull(held.line()).fit();
            if (nowNanos - held.heldNanos() >= limit.hold() * SECOND
                    && fit.endpoints().stream()
                            .noneMatch(endpoint -> starts(fit, held.work(), endpoint, limit, nowNanos))) {
                return held;
            }
        }
        return null;
    }

    /** Whether an endpoint would start with a request that comes now, and nobody of its band or a higher one waits for it. */
    boolean free(Tenant tenant, Fit fit, Work work, double tokens, long nowNanos) {
        var limit = limit(tenant, false, nowNanos);
        var before = precedence.before(tenant);
        String model = fit.kind().model();
        return fit.endpoints().stream()
                .anyMatch(endpoint -> !awaited(endpoint, tenant.band().priority())
                        && starts(fit, work, endpoint, limit, nowNanos)
                        && precedence.leavesRoom(tenant, before, endpoint, model, tokens, nowNanos));
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
        boolean higherWait = bands.higherWait(band, nowNanos);
        Line best = null;
        for (int i = 0; i < band.lanes().size(); i++) {
            var lane = band.lanes().get(i);
            if (open(lane.fit(), endpoint, nowNanos)) {
                var line = first(lane, endpoint, higherWait, nowNanos);
                if (line != null && (best == null || before(line, best))) {
                    best = line;
                }
            }
        }
        return best == null ? null : best.requests().first();
    }

    /** Whose turn it is of two lines: of one tenant's the one whose first request would be first in one line. */
    @SuppressWarnings("ReferenceEquality") // the very one
    private static boolean before(Line one, Line other) {
        return one.tenant() == other.tenant()
                ? Held.ORDER.compare(one.requests().first(), other.requests().first()) < 0
                : one.key() < other.key();
    }

    private @Nullable Line first(Lane lane, Endpoint endpoint, boolean higherWait, long nowNanos) {
        String model = lane.fit().kind().model();
        int tries = 0;
        for (var line : lane.lines()) {
            var held = line.requests().first();
            var tenant = line.tenant();
            var limit = limit(tenant, higherWait, nowNanos);
            double wait = gates.promptSeconds(endpoint, model, limit.headroom(), nowNanos);
            double bound = gates.beginsSeconds(limit.hold(), endpoint, model, nowNanos);
            if (wait < bound) {
                if (wait + gates.kvSeconds(endpoint, model, held.work(), limit.headroom(), nowNanos) >= bound) {
                    var kept = held.keptFree();
                    if (kept == null || !Gates.healthy(kept, nowNanos)) {
                        held.keptFree(endpoint);
                    }
                    // others of its band may go past it that need less, but not for ever
                    if (aged(held, nowNanos) && keeps(held, endpoint)) {
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
