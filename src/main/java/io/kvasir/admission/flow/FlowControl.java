package io.kvasir.admission.flow;

import io.kvasir.admission.Admission;
import io.kvasir.admission.Arrival;
import io.kvasir.admission.Verdict;
import io.kvasir.cost.TimeModel;
import io.kvasir.metric.Histogram;
import io.kvasir.metric.LatencyBuckets;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.pool.Serving;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Holds requests that no endpoint which may serve them would start soon, and lets them go in a fair order. While nothing
 * waits a request costs a look at one endpoint or a few, and no lock.
 */
public final class FlowControl implements Admission {
    /** What a look at the pool shows. */
    private enum Look {
        /** Somebody would start soon, or it is for the scheduler to say why not. */
        GO,
        /** Whoever fits is busy. */
        BUSY,
        /** The pool has nobody. */
        EMPTY
    }

    private final Bands bands;
    private final Gates gates;
    private final Precedence precedence;
    private final Waitlist waitlist;
    private final LongSupplier clock;
    private final LatencyBuckets rounds = LatencyBuckets.ofDecisions();
    private volatile boolean stopped;

    /**
     * @param pool whose endpoints serve
     * @param freshNanos age in ns up to which an engine's metrics count
     * @param nanoClock monotonic ns, the router's clock
     * @param randoms for the spread of times to try again
     */
    public FlowControl(
            FlowSettings settings,
            Pool pool,
            TimeModel time,
            long freshNanos,
            LongSupplier nanoClock,
            Supplier<RandomGenerator> randoms) {
        clock = nanoClock;
        bands = new Bands(settings);
        gates = new Gates(time, freshNanos);
        precedence = new Precedence(bands, gates, pool, nanoClock.getAsLong());
        waitlist = new Waitlist(bands, gates, precedence, pool, nanoClock, randoms.get());
    }

    /** Works so from now on; what waits goes on waiting, by the new rules. */
    public void settings(FlowSettings next) {
        waitlist.settings(next);
    }

    /** How it works. */
    public FlowSettings settings() {
        return bands.settings();
    }

    @Override
    public Verdict admit(Arrival arrival) {
        long now = arrival.nowNanos();
        var band = bands.of(arrival.priority(), now);
        var tenant = bands.tenant(
                band, Objects.requireNonNullElse(arrival.request().headers().fairnessId(), ""));
        long began = clock.getAsLong();
        try {
            return admit(arrival, tenant, now);
        } finally {
            band.decided(clock.getAsLong() - began);
        }
    }

    private Verdict admit(Arrival arrival, Tenant tenant, long now) {
        if (stopped) {
            return letIn(arrival, tenant);
        }
        boolean queue = waitlist.waiting() > 0;
        if (!queue || !arrival.mayWait()) {
            var look = look(arrival, tenant, now);
            if (look == Look.GO && !queue || !arrival.mayWait() && (look != Look.BUSY || arrival.priority() >= 0)) {
                return letIn(arrival, tenant);
            }
        }
        return arrival.mayWait() ? waitlist.hold(arrival, tenant) : waitlist.shed(tenant, arrival);
    }

    private Verdict letIn(Arrival arrival, Tenant tenant) {
        var request = arrival.request();
        var admitted = new Admitted(
                waitlist.eviction(),
                tenant,
                request.promptTokens(),
                Math.round(arrival.work().allOutputTokens()));
        admitted.enter(arrival.model(), 0);
        admitted.costs(admitted.expectedCost());
        tenant.band().letIn();
        return new Verdict.Admitted(admitted);
    }

    private Look look(Arrival arrival, Tenant tenant, long now) {
        var pool = arrival.pool();
        if (pool.size() == 0) {
            return Look.EMPTY;
        }
        double hold = precedence.holdSeconds(tenant, now);
        double headroom = precedence.headroom(tenant, now);
        long prompt = Math.max(1, arrival.request().longestPromptTokens());
        long both = prompt + Math.max(0, arrival.request().maxOutputTokens());
        boolean names = !arrival.model().isEmpty();
        for (boolean named = names; ; named = false) {
            for (long room : new long[] {both, prompt, 0}) {
                var look = look(arrival, tenant, pool, named, room, hold, headroom, now);
                if (look != Look.EMPTY) {
                    return look;
                }
            }
            if (!named) {
                // there are endpoints, but none for this
                return Look.GO;
            }
        }
    }

    /**
     * Looks at those of one kind; {@link Look#EMPTY} where there are none.
     *
     * @param named whether only those that name the model
     */
    private Look look(
            Arrival arrival,
            Tenant tenant,
            PoolSnapshot pool,
            boolean named,
            long room,
            double hold,
            double headroom,
            long now) {
        String model = arrival.model();
        int size = pool.size();
        // the first that is looked at is another each time, so that one look is enough mostly
        int start = (int) Long.remainderUnsigned(now * 0x9e3779b97f4a7c15L >>> 32, size);
        boolean any = false;
        boolean healthy = false;
        for (int i = 0; i < size; i++) {
            var endpoint = pool.at(start + i < size ? start + i : start + i - size);
            if (!serves(arrival, endpoint, model, named, room, now)) {
                continue;
            }
            any = true;
            if (!Gates.healthy(endpoint, now)) {
                continue;
            }
            healthy = true;
            double wait = gates.promptSeconds(endpoint, model, headroom, now);
            double bound = gates.beginsSeconds(hold, endpoint, model, now);
            if (wait < bound && wait + gates.kvSeconds(endpoint, model, arrival.work(), headroom, now) < bound) {
                double tokens = tenant.uncachedShare() * arrival.request().promptTokens();
                return precedence.leavesRoom(tenant, pool, endpoint, model, tokens, now) ? Look.GO : Look.BUSY;
            }
        }
        return !any ? Look.EMPTY : healthy ? Look.BUSY : Look.GO;
    }

    private static boolean serves(
            Arrival arrival, Endpoint endpoint, String model, boolean named, long room, long now) {
        if (!endpoint.spec().role().decodes() || !arrival.allows(endpoint)) {
            return false;
        }
        if (!model.isEmpty()) {
            var serving = endpoint.serving(model, now);
            if (named ? serving != Serving.LISTED : serving == Serving.NO) {
                return false;
            }
        }
        return Fit.room(endpoint, model) >= room;
    }

    @Override
    public void freed(Endpoint endpoint) {
        if (endpoint.stats().known()) {
            gates.of(endpoint).look(endpoint);
        }
        waitlist.freed(endpoint);
    }

    /**
     * Looks after what waits: lets go what room came for by the passing of time, and ends waits whose time is over. To be
     * called every 10 ms or so of the router's clock, on any thread; costs nothing while nothing waits.
     */
    public void tick() {
        long began = clock.getAsLong();
        waitlist.tick();
        rounds.record(clock.getAsLong() - began);
    }

    /** Seconds that each such look after what waits took. */
    public Histogram rounds() {
        return rounds;
    }

    /** The program stops: refuses all that wait, and whatever comes later is let in. */
    public void stop() {
        stopped = true;
        waitlist.stop();
    }

    /** What it does now. Costs a walk over bands, tenants and endpoints, and holds up what waits meanwhile. */
    public QueueSnapshot snapshot() {
        return waitlist.snapshot();
    }
}
