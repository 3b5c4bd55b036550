package io.kvasir.admission.flow;

import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait, each in the line of its tenant for those that fit it, and how much they are. Guarded by the lock of
 * the queue; how many there are may be asked by any thread.
 */
final class Waiting {
    private final Bands bands;
    private final Turns turns;
    /** Those whose clients say how long they may wait. */
    private final TreeSet<Held> impatient = new TreeSet<>(Held::compareByPatience);

    private final AtomicInteger requests = new AtomicInteger();
    private long bytes;
    private long tokens;

    Waiting(Bands bands, Turns turns) {
        this.bands = bands;
        this.turns = turns;
    }

    int requests() {
        return requests.get();
    }

    long bytes() {
        return bytes;
    }

    long tokens() {
        return tokens;
    }

    /** Whether a band, and all together, may have one more of that size. */
    boolean fits(Band band, long moreBytes, long moreTokens) {
        return band.settings().limits().fits(band.waiting(), band.bytes(), band.tokens(), moreBytes, moreTokens)
                && bands.settings().limits().fits(requests.get(), bytes, tokens, moreBytes, moreTokens);
    }

    /**
     * One begins to wait.
     *
     * @param growth see {@link Decay#growth}
     */
    void add(Held held, Fit fit, double growth, long nowNanos) {
        var tenant = held.tenant();
        var band = tenant.band();
        if (tenant.fold(growth)) {
            resort(tenant);
        }
        if (band.waiting() == 0) {
            turns.begins(band);
        }
        join(held, fit);
        tenant.waits(held.cost(), nowNanos);
        band.add(held, nowNanos);
        if (held.patienceNanos() != Long.MAX_VALUE) {
            impatient.add(held);
        }
        requests.incrementAndGet();
        bytes += held.bytes();
        tokens += held.promptTokens();
    }

    /** It waits no longer. */
    void remove(Held held, long nowNanos) {
        var tenant = held.tenant();
        leaveLine(held);
        tenant.waitsNot(held.cost(), nowNanos);
        tenant.band().remove(held, nowNanos);
        if (held.patienceNanos() != Long.MAX_VALUE) {
            impatient.remove(held);
        }
        requests.decrementAndGet();
        bytes -= held.bytes();
        tokens -= held.promptTokens();
    }

    /** Others may serve it from now on. */
    void move(Held held, Fit fit) {
        leaveLine(held);
        join(held, fit);
        var kept = held.keptFree();
        if (kept != null && fit.endpoints().stream().noneMatch(endpoint -> endpoint.tenancy() == kept.tenancy())) {
            held.keptFree(null);
        }
    }

    private static void join(Held held, Fit fit) {
        var tenant = held.tenant();
        var line = tenant.line(fit);
        if (line == null) {
            line = new Line(tenant, tenant.band().lane(fit));
            tenant.lines().add(line);
            line.sort();
        }
        line.requests().add(held);
        held.line(line);
    }

    private static void leaveLine(Held held) {
        var line = Objects.requireNonNull(held.line());
        line.requests().remove(held);
        held.line(null);
        if (line.requests().isEmpty()) {
            line.lane().lines().remove(line);
            line.tenant().lines().remove(line);
            if (line.lane().lines().isEmpty()) {
                line.tenant().band().lanes().remove(line.lane());
            }
        }
    }

    /** What bands order by has changed. */
    void reorder() {
        for (var band : bands.all()) {
            for (var one = band.oldest(); one != null; one = one.newer) {
                reorder(one);
            }
        }
    }

    private void reorder(Held held) {
        var requests = Objects.requireNonNull(held.line()).requests();
        boolean awaited = impatient.remove(held);
        requests.remove(held);
        held.order();
        requests.add(held);
        if (awaited) {
            impatient.add(held);
        }
    }

    /** The first whose client waits no longer by then; null for none. */
    @Nullable
    Held outOfPatience(long nowNanos) {
        return !impatient.isEmpty() && nowNanos - impatient.first().patientUntil() >= 0 ? impatient.first() : null;
    }

    /** Puts all lines into order anew. */
    void sort() {
        for (var band : bands.all()) {
            band.lanes().forEach(Lane::sort);
        }
    }

    /** Puts the lines of a tenant into order anew that was served. */
    static void resort(Tenant tenant) {
        for (var line : tenant.lines()) {
            line.lane().lines().remove(line);
            line.sort();
        }
    }

    /** Puts those of a band into order anew that were charged meanwhile. */
    static void recount(Band band, double growth) {
        for (var lane : band.lanes()) {
            // whoever is first may have been charged; who is behind can only have come nearer by a refund
            for (int i = 0; i < Turns.TRIES && !lane.lines().isEmpty(); i++) {
                var first = lane.lines().first().tenant();
                if (!first.fold(growth)) {
                    break;
                }
                resort(first);
            }
        }
    }
}
