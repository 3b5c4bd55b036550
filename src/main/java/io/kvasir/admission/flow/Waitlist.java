package io.kvasir.admission.flow;

import io.kvasir.admission.Arrival;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.request.Refusal;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What waits. One short lock guards it, which is taken only while something waits or begins to: by who arrives, leaves, is
 * let go, and by the tick; who tells of room goes on if another has it.
 */
final class Waitlist {
    private static final long FOLD_NANOS = 1_000_000_000;
    private static final double SECOND = 1e9;

    private final ReentrantLock lock = new ReentrantLock();
    private final Bands bands;
    private final Gates gates;
    private final Turns turns;
    private final Fits fits;
    private final Decay decay;
    private final KeptPlaces kept = new KeptPlaces();
    private final Sessions sessions = new Sessions();
    private final Eviction eviction = new Eviction();
    private final RetryTimes times;
    private final Departures departures;
    private final LongSupplier clock;
    private final Precedence precedence;
    private final Waiting waiting;
    private final Patience patience;
    private long number;
    private long foldedNanos;

    Waitlist(Bands bands, Gates gates, Precedence precedence, Pool pool, LongSupplier clock, RandomGenerator random) {
        this.bands = bands;
        this.gates = gates;
        this.precedence = precedence;
        this.clock = clock;
        long now = clock.getAsLong();
        fits = new Fits(pool, now);
        turns = new Turns(bands, gates, precedence);
        waiting = new Waiting(bands, turns);
        decay = new Decay(now);
        foldedNanos = now;
        patience = new Patience(bands, fits.pool().size() == 0, now);
        times = new RetryTimes(gates, precedence, patience, random);
        departures = new Departures(bands, waiting, patience, times, kept);
    }

    /** Requests that wait. */
    int waiting() {
        return waiting.requests();
    }

    /** Who may have requests make room; null where nobody may. */
    @Nullable
    Eviction eviction() {
        return bands.settings().eviction() ? eviction : null;
    }

    private double growth(long nowNanos) {
        return decay.growth(bands.settings().halfLifeSeconds(), nowNanos);
    }

    /** A request that no endpoint would start soon, or before which others wait: it is held, or refused where too much is. */
    Verdict hold(Arrival arrival, Tenant tenant) {
        lock.lock();
        try {
            long now = arrival.nowNanos();
            refresh(now);
            var band = tenant.band();
            var request = arrival.request();
            long prompt = Math.max(1, request.longestPromptTokens());
            long both = prompt + Math.max(0, request.maxOutputTokens());
            var fit = fits.of(arrival.model(), arrival.allowed(), both, prompt, now);
            // where nobody will ever serve it, the scheduler has better words
            boolean passes = fit.endpoints().isEmpty() && !patience.poolEmpty();
            if (!passes && !waiting.fits(band, request.bodyBytes(), request.promptTokens())) {
                serve(fit, now);
                if (!waiting.fits(band, request.bodyBytes(), request.promptTokens())) {
                    double uncached = tenant.uncachedShare() * request.promptTokens();
                    if (!turns.free(tenant, fit, arrival.work(), uncached, now)) {
                        return departures.saturated(tenant, arrival, now);
                    }
                    passes = true;
                }
            }
            var held = held(arrival, tenant, both, prompt, now);
            if (passes) {
                band.letIn();
                held.enter(arrival.model(), 0);
                held.costs(held.cost());
                return new Verdict.Admitted(held);
            }
            held.ticket(arrival.hold(Patience.deadline(held), () -> left(held)));
            waiting.add(held, fit, growth(now), now);
            if (band.settings().ordering() == Ordering.SHORTEST) {
                tenant.overtaking().came(held.cost(), now);
            }
            for (int i = 0; i < fit.endpoints().size() && held.line() != null; i++) {
                var endpoint = fit.endpoints().get(i);
                if (turns.starts(held, endpoint, now)) {
                    serve(endpoint, now);
                }
            }
            return new Verdict.Held(held.ticket(), held);
        } finally {
            lock.unlock();
        }
    }

    /** A request that may not wait, and that nobody has to serve. */
    Verdict shed(Tenant tenant, Arrival arrival) {
        lock.lock();
        try {
            return departures.saturated(tenant, arrival, clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    private Held held(Arrival arrival, Tenant tenant, long both, long prompt, long now) {
        var request = arrival.request();
        var headers = request.headers();
        var work = arrival.work();
        long fingerprint = KeptPlaces.fingerprint(arrival, tenant);
        long order = headers.retries() > 0 ? kept.take(fingerprint, now) : now;
        double cost = tenant.uncachedShare() * request.promptTokens() + work.allOutputTokens();
        long patience = Double.isNaN(headers.ttl()) ? Long.MAX_VALUE : Math.round(headers.ttl() * SECOND);
        return new Held(
                this,
                eviction(),
                tenant,
                arrival.asked(),
                arrival.model(),
                ++number,
                work,
                request.bodyBytes(),
                request.promptTokens(),
                both,
                prompt,
                now,
                order,
                headers.ttftSlo(),
                sessions.tag(tenant, request.sessionId(), cost, bands.settings().sessions()),
                patience,
                fingerprint);
    }

    /** Its caller went, or its deadline came before the tick. */
    private void left(Held held) {
        lock.lock();
        try {
            departures.left(held, clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** What it is told whose time is over. */
    Refusal expiredWords(Held held) {
        lock.lock();
        try {
            return departures.expiredWords(held, clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** An endpoint may have room. */
    void freed(Endpoint endpoint) {
        if (waiting.requests() == 0 || lock.isHeldByCurrentThread() || !lock.tryLock()) {
            // the tick will see to it
            return;
        }
        try {
            long now = clock.getAsLong();
            refresh(now);
            var present = present(endpoint);
            if (present != null) {
                precedence.changed();
                serve(present, now);
            }
        } finally {
            lock.unlock();
        }
    }

    /** As it is described now; null where it has left, and another one may have its place. */
    private @Nullable Endpoint present(Endpoint endpoint) {
        var present = fits.pool().byOrdinal(endpoint.ordinal());
        return present != null && present.tenancy() == endpoint.tenancy() ? present : null;
    }

    /** Works so from now on, also for what waits. */
    void settings(FlowSettings next) {
        lock.lock();
        try {
            long now = clock.getAsLong();
            double halfLife = bands.settings().halfLifeSeconds();
            if (halfLife != next.halfLifeSeconds()) {
                bands.fold(growth(now));
                bands.rebase(decay.rebase(halfLife, now));
            }
            bands.settings(next);
            waiting.sort();
            waiting.reorder();
        } finally {
            lock.unlock();
        }
    }

    /** Time went by. */
    void tick() {
        if (waiting.requests() == 0 && clock.getAsLong() - foldedNanos < FOLD_NANOS) {
            return;
        }
        lock.lock();
        try {
            long now = clock.getAsLong();
            precedence.changed();
            fold(now);
            refresh(now);
            departures.expire(now);
            var pool = fits.pool();
            for (int i = 0; i < pool.size() && waiting.requests() > 0; i++) {
                serve(pool.at(i), now);
            }
            makeRoom(now);
        } finally {
            lock.unlock();
        }
    }

    /** Has a request of negative priority make room for the first that waits for want of it, of the highest band. */
    private void makeRoom(long now) {
        var settings = bands.settings();
        if (!settings.eviction()) {
            return;
        }
        for (var band : bands.all()) {
            if (band.priority() < 0) {
                return;
            }
            var first = turns.firstWithoutRoom(band, now);
            if (first != null) {
                var fit = Objects.requireNonNull(first.line()).fit();
                long millis = times.millis(first.tenant(), first.cost(), now);
                var asked = eviction.makeRoom(fit, Math.min(0, band.priority()), settings.evictBegun(), millis, now);
                if (asked != null) {
                    asked.evicted();
                }
                return;
            }
        }
    }

    private void fold(long now) {
        if (now - foldedNanos < FOLD_NANOS) {
            return;
        }
        foldedNanos = now;
        double halfLife = bands.settings().halfLifeSeconds();
        if (decay.due(halfLife, now)) {
            bands.rebase(decay.rebase(halfLife, now));
            waiting.sort();
        }
        bands.fold(growth(now));
        waiting.sort();
        precedence.look(now);
    }

    /** Sees what became of the pool; what waits is sorted anew where that matters. */
    private void refresh(long now) {
        if (!fits.refresh(now)) {
            return;
        }
        patience.poolEmpty(fits.pool().size() == 0, now);
        for (var band : bands.all()) {
            var one = band.oldest();
            while (one != null) {
                var next = one.newer;
                var kind = Objects.requireNonNull(one.line()).fit().kind();
                var fit = fits.of(kind.model(), kind.allowed(), one.both(), one.longestPrompt(), now);
                waiting.move(one, fit);
                if (fit.endpoints().isEmpty() && !patience.poolEmpty()) {
                    // nobody will ever serve it as the pool is, and the scheduler has words for that
                    letGo(one, null, false, now);
                }
                one = next;
            }
        }
    }

    private void serve(Fit fit, long now) {
        for (int i = 0; i < fit.endpoints().size() && waiting.requests() > 0; i++) {
            serve(fit.endpoints().get(i), now);
        }
    }

    /** Lets go what an endpoint has room for. */
    private void serve(Endpoint endpoint, long now) {
        for (var band : bands.all()) {
            if (band.waiting() > 0) {
                Waiting.recount(band, growth(now));
            }
        }
        Turns.Turn turn;
        while (waiting.requests() > 0 && (turn = turns.next(endpoint, now)) != null) {
            letGo(turn.held(), endpoint, turn.byAge(), now);
        }
    }

    private void letGo(Held held, @Nullable Endpoint at, boolean byAge, long now) {
        var tenant = held.tenant();
        var band = tenant.band();
        String model = Objects.requireNonNull(held.line()).fit().kind().model();
        waiting.remove(held, now);
        held.enter(model, held.cost());
        tenant.serve(held.cost(), growth(now));
        Waiting.resort(tenant);
        if (at != null) {
            double uncached = tenant.uncachedShare() * held.promptTokens();
            held.reserve(gates.of(at), gates.prefillSeconds(at, model, uncached));
            precedence.changed();
        }
        if (held.ticket().letGo()) {
            tenant.virtual(held.tag());
            turns.served(band, held.cost(), byAge);
            band.letGo(held, byAge, now);
        } else {
            // its wait ended just now, and whoever ended it will find it gone
            held.ended(null, 0, 0);
            departures.count(held);
        }
    }

    /** Refuses all that wait. */
    void stop() {
        lock.lock();
        try {
            departures.stop(clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** What it is like now. */
    QueueSnapshot snapshot() {
        lock.lock();
        try {
            long now = clock.getAsLong();
            refresh(now);
            bands.fold(growth(now));
            waiting.sort();
            return new Account(bands, gates, fits.pool(), growth(now), now)
                    .snapshot(waiting.requests(), waiting.bytes(), waiting.tokens());
        } finally {
            lock.unlock();
        }
    }
}
