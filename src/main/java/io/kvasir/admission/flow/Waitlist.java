package io.kvasir.admission.flow;

import io.kvasir.admission.Arrival;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Comparator;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final TreeSet<Held> impatient =
            new TreeSet<>(Comparator.comparingLong(Waitlist::patientUntil).thenComparing(Held.ORDER));
    private final LongSupplier clock;
    private final AtomicInteger waiting = new AtomicInteger();
    private long bytes;
    private long tokens;
    private long number;
    private long foldedNanos;
    private long filledNanos;
    private boolean empty;

    Waitlist(Bands bands, Gates gates, Pool pool, LongSupplier clock, RandomGenerator random) {
        this.bands = bands;
        this.gates = gates;
        this.clock = clock;
        long now = clock.getAsLong();
        fits = new Fits(pool, now);
        turns = new Turns(bands, gates);
        decay = new Decay(now);
        times = new RetryTimes(random);
        foldedNanos = now;
        filledNanos = now;
        empty = fits.pool().size() == 0;
    }

    /** Requests that wait. */
    int waiting() {
        return waiting.get();
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
            boolean passes = fit.endpoints().isEmpty() && !empty;
            if (!passes && !fits(band, request.bodyBytes(), request.promptTokens())) {
                serve(fit, now);
                if (!fits(band, request.bodyBytes(), request.promptTokens())) {
                    if (!turns.free(band, fit, arrival.work(), now)) {
                        return saturated(tenant, request.promptTokens());
                    }
                    passes = true;
                }
            }
            var held = held(arrival, tenant, both, prompt, now);
            if (passes) {
                band.letIn();
                held.enter(0);
                held.costs(held.cost());
                return new Verdict.Admitted(held);
            }
            held.ticket(arrival.hold(deadline(held), () -> left(held)));
            enqueue(held, fit, now);
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
            return saturated(tenant, arrival.request().promptTokens());
        } finally {
            lock.unlock();
        }
    }

    private Verdict saturated(Tenant tenant, long promptTokens) {
        tenant.band().saturated();
        long millis = times.millis(tenant, new Admitted(null, tenant, promptTokens, 0).expectedCost());
        return new Verdict.Refused(empty ? Refusals.poolEmpty(millis) : Refusals.saturated(millis));
    }

    private boolean fits(Band band, long moreBytes, long moreTokens) {
        return band.settings().limits().fits(band.waiting(), band.bytes(), band.tokens(), moreBytes, moreTokens)
                && bands.settings().limits().fits(waiting.get(), bytes, tokens, moreBytes, moreTokens);
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

    /** When its wait ends at the latest: by the clock of its client, or when no setting would have it go on. */
    private static long deadline(Held held) {
        return held.heldNanos() + Math.min(held.patienceNanos(), Math.round(2 * BandSettings.MOST_SECONDS * SECOND));
    }

    private static long patientUntil(Held held) {
        return held.heldNanos() + held.patienceNanos();
    }

    private void enqueue(Held held, Fit fit, long now) {
        var tenant = held.tenant();
        var band = tenant.band();
        if (tenant.fold(growth(now))) {
            resort(tenant);
        }
        if (band.waiting() == 0) {
            turns.begins(band);
        }
        line(held, fit);
        tenant.waits(held.cost(), now);
        band.add(held, now);
        if (held.patienceNanos() != Long.MAX_VALUE) {
            impatient.add(held);
        }
        waiting.incrementAndGet();
        bytes += held.bytes();
        tokens += held.promptTokens();
    }

    private static void line(Held held, Fit fit) {
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

    private void dequeue(Held held, long now) {
        var tenant = held.tenant();
        leaveLine(held);
        tenant.waitsNot(held.cost(), now);
        tenant.band().remove(held, now);
        if (held.patienceNanos() != Long.MAX_VALUE) {
            impatient.remove(held);
        }
        waiting.decrementAndGet();
        bytes -= held.bytes();
        tokens -= held.promptTokens();
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

    /** Its caller went, or its deadline came before the tick. */
    private void left(Held held) {
        lock.lock();
        try {
            if (held.line() == null) {
                return;
            }
            long now = clock.getAsLong();
            boolean expired = held.ticket().end() instanceof Ticket.End.Expired;
            if (expired) {
                expires(held, now);
            } else {
                held.tenant().band().left();
                dequeue(held, now);
            }
        } finally {
            lock.unlock();
        }
    }

    private void expires(Held held, long now) {
        var line = Objects.requireNonNull(held.line());
        if (line.requests().first() == held || held.tenant().band().oldest() == held) {
            kept.keep(held.fingerprint(), held.orderNanos(), now);
        }
        held.tenant().band().expired(empty);
        dequeue(held, now);
    }

    /** What it is told whose time is over. */
    Refusal expiredWords(Held held) {
        lock.lock();
        try {
            long millis = times.millis(held.tenant(), held.cost());
            return empty ? Refusals.poolEmpty(millis) : Refusals.waitExpired(millis);
        } finally {
            lock.unlock();
        }
    }

    /** An endpoint may have room. */
    void freed(Endpoint endpoint) {
        if (waiting.get() == 0 || lock.isHeldByCurrentThread() || !lock.tryLock()) {
            // the tick will see to it
            return;
        }
        try {
            long now = clock.getAsLong();
            refresh(now);
            var present = present(endpoint);
            if (present != null) {
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
            sorted();
            for (var band : bands.all()) {
                for (var one = band.oldest(); one != null; one = one.newer) {
                    reorder(one);
                }
            }
        } finally {
            lock.unlock();
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

    /** Time went by. */
    void tick() {
        if (waiting.get() == 0 && clock.getAsLong() - foldedNanos < FOLD_NANOS) {
            return;
        }
        lock.lock();
        try {
            long now = clock.getAsLong();
            fold(now);
            refresh(now);
            expire(now);
            var pool = fits.pool();
            for (int i = 0; i < pool.size() && waiting.get() > 0; i++) {
                serve(pool.at(i), now);
            }
            makeRoom(now);
        } finally {
            lock.unlock();
        }
    }

    /** Has a request of negative priority make room for the first that still waits, of the highest band. */
    private void makeRoom(long now) {
        var settings = bands.settings();
        for (var band : bands.all()) {
            var first = band.oldest();
            if (!settings.eviction() || band.priority() < 0) {
                return;
            }
            if (first != null && now - first.heldNanos() >= settings.holdSeconds() * SECOND) {
                var fit = Objects.requireNonNull(first.line()).fit();
                long millis = times.millis(first.tenant(), first.cost());
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
            sorted();
        }
        if (waiting.get() == 0) {
            bands.fold(growth(now));
        }
    }

    /** Puts all lines into order anew. */
    private void sorted() {
        for (var band : bands.all()) {
            band.lanes().forEach(Lane::sort);
        }
    }

    private void expire(long now) {
        for (var band : bands.all()) {
            var one = band.oldest();
            while (one != null) {
                var next = one.newer;
                if (now - ends(one) >= 0) {
                    refuseExpired(one, now);
                } else if (one.orderNanos() == one.heldNanos()) {
                    break;
                }
                one = next;
            }
        }
        while (!impatient.isEmpty() && now - patientUntil(impatient.first()) >= 0) {
            refuseExpired(impatient.first(), now);
        }
    }

    /** When its time is over, as the pool is now. */
    private long ends(Held held) {
        double alone = bands.settings().noEndpointSeconds();
        double longest = held.tenant().band().settings().longestWaitSeconds();
        long came = held.heldNanos();
        // an empty pool that fills, or one that empties, begins a wait of another kind, but not again and again
        long ends = came + Math.max(0, filledNanos - came) + Math.round((empty ? alone : longest) * SECOND);
        return Math.min(ends, came + Math.round((longest + alone) * SECOND));
    }

    private void refuseExpired(Held held, long now) {
        long millis = times.millis(held.tenant(), held.cost());
        boolean poolEmpty = empty;
        expires(held, now);
        held.ticket().refuse(poolEmpty ? Refusals.poolEmpty(millis) : Refusals.waitExpired(millis));
    }

    /** Sees what became of the pool; what waits is sorted anew where that matters. */
    private void refresh(long now) {
        if (!fits.refresh(now)) {
            return;
        }
        boolean before = empty;
        empty = fits.pool().size() == 0;
        if (empty != before) {
            filledNanos = now;
        }
        for (var band : bands.all()) {
            var one = band.oldest();
            while (one != null) {
                var next = one.newer;
                var kind = Objects.requireNonNull(one.line()).fit().kind();
                leaveLine(one);
                var fit = fits.of(kind.model(), kind.allowed(), one.both(), one.longestPrompt(), now);
                line(one, fit);
                if (fit.endpoints().isEmpty() && !empty) {
                    // nobody will ever serve it as the pool is, and the scheduler has words for that
                    letGo(one, null, false, now);
                }
                one = next;
            }
        }
    }

    private void serve(Fit fit, long now) {
        for (int i = 0; i < fit.endpoints().size() && waiting.get() > 0; i++) {
            serve(fit.endpoints().get(i), now);
        }
    }

    /** Lets go what an endpoint has room for. */
    private void serve(Endpoint endpoint, long now) {
        for (var band : bands.all()) {
            recount(band, now);
        }
        Turns.Turn turn;
        while (waiting.get() > 0 && (turn = turns.next(endpoint, now)) != null) {
            letGo(turn.held(), endpoint, turn.byAge(), now);
        }
    }

    /** Puts those into order anew that were charged meanwhile. */
    private void recount(Band band, long now) {
        if (band.waiting() == 0) {
            return;
        }
        double growth = growth(now);
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

    private static void resort(Tenant tenant) {
        for (var line : tenant.lines()) {
            line.lane().lines().remove(line);
            line.sort();
        }
    }

    private void letGo(Held held, @Nullable Endpoint at, boolean byAge, long now) {
        var tenant = held.tenant();
        var band = tenant.band();
        String model = Objects.requireNonNull(held.line()).fit().kind().model();
        dequeue(held, now);
        held.enter(held.cost());
        tenant.serve(held.cost(), growth(now));
        resort(tenant);
        if (at != null) {
            double uncached = tenant.uncachedShare() * held.promptTokens();
            held.reserve(gates.of(at), gates.prefillSeconds(at, model, uncached));
        }
        if (held.ticket().letGo()) {
            tenant.virtual(held.tag());
            turns.served(band, held.cost(), byAge);
            band.letGo(held, byAge, now);
        } else {
            // its caller left just now, and will find it gone
            held.ended(null, 0, 0);
            band.left();
        }
    }

    /** Refuses all that wait. */
    void stop() {
        lock.lock();
        try {
            long now = clock.getAsLong();
            for (var band : bands.all()) {
                for (var one = band.oldest(); one != null; one = band.oldest()) {
                    dequeue(one, now);
                    one.ticket().refuse(Refusals.shuttingDown());
                }
            }
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
            sorted();
            return new Account(bands, gates, fits.pool(), growth(now), now).snapshot(waiting.get(), bytes, tokens);
        } finally {
            lock.unlock();
        }
    }
}
