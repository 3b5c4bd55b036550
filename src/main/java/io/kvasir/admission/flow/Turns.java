package io.kvasir.admission.flow;

import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
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
    private double floor;
    private double credit;

    Turns(Bands bands, Gates gates) {
        this.bands = bands;
        this.gates = gates;
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
            double hold = holdSeconds(band, nowNanos);
            double headroom = headroom(band, nowNanos);
            var one = band.oldest();
            for (int i = 0; one != null && i < OLDEST && aged(one, nowNanos); i++, one = one.newer) {
                double age = age(one, nowNanos);
                if (age > foundAge && starts(one, endpoint, headroom, hold, nowNanos)) {
                    found = one;
                    foundAge = age;
                }
            }
        }
        return found;
    }

    /** Whether the endpoint would start with it soon enough, were it its turn. */
    boolean starts(Held held, Endpoint endpoint, long nowNanos) {
        var band = held.tenant().band();
        return starts(held, endpoint, headroom(band, nowNanos), holdSeconds(band, nowNanos), nowNanos);
    }

    private boolean starts(Held held, Endpoint endpoint, double headroom, double hold, long nowNanos) {
        var line = held.line();
        return line != null && starts(line.fit(), held.work(), endpoint, headroom, hold, nowNanos);
    }

    private boolean starts(Fit fit, Work work, Endpoint endpoint, double headroom, double hold, long nowNanos) {
        if (!open(fit, endpoint, nowNanos)) {
            return false;
        }
        String model = fit.kind().model();
        double wait = gates.promptSeconds(endpoint, model, headroom, nowNanos);
        return wait < hold && wait + gates.kvSeconds(endpoint, model, work, headroom, nowNanos) < hold;
    }

    /** Whether an endpoint would start with a request that comes now, and nobody of its band or a higher one waits for it. */
    boolean free(Band band, Fit fit, Work work, long nowNanos) {
        double hold = bands.holdSeconds(band, nowNanos);
        double headroom = bands.headroom(band, nowNanos);
        return fit.endpoints().stream()
                .anyMatch(endpoint ->
                        !awaited(endpoint, band.priority()) && starts(fit, work, endpoint, headroom, hold, nowNanos));
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
        double hold = holdSeconds(band, nowNanos);
        double headroom = headroom(band, nowNanos);
        Held best = null;
        double bestKey = 0;
        for (int i = 0; i < band.lanes().size(); i++) {
            var lane = band.lanes().get(i);
            if (!open(lane.fit(), endpoint, nowNanos)) {
                continue;
            }
            String model = lane.fit().kind().model();
            double wait = gates.promptSeconds(endpoint, model, headroom, nowNanos);
            if (wait >= hold) {
                continue;
            }
            var line = first(lane, endpoint, model, headroom, hold - wait, nowNanos);
            if (line != null && (best == null || line.key() < bestKey)) {
                best = line.requests().first();
                bestKey = line.key();
            }
        }
        return best;
    }

    private double holdSeconds(Band band, long nowNanos) {
        // while higher ones wait, too, it is their turn that protects them
        return higherWait(band) ? bands.settings().holdSeconds() : bands.holdSeconds(band, nowNanos);
    }

    private double headroom(Band band, long nowNanos) {
        return higherWait(band) ? 0 : bands.headroom(band, nowNanos);
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

    private @Nullable Line first(
            Lane lane, Endpoint endpoint, String model, double headroom, double left, long nowNanos) {
        int tries = 0;
        for (var line : lane.lines()) {
            var held = line.requests().first();
            if (gates.kvSeconds(endpoint, model, held.work(), headroom, nowNanos) < left) {
                return line;
            }
            // others may go past it that need less, but not for ever
            if (aged(held, nowNanos) && (held.keptFree() == null || keeps(held, endpoint))) {
                held.keptFree(endpoint);
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
