package io.kvasir.route;

import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixNamespace;
import io.kvasir.prefix.PrefixView;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.Explanation;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.RejectReason;
import io.kvasir.schedule.Rejection;
import io.kvasir.schedule.SchedulingContext;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides where requests go. One instance serves all doors and threads; nothing on the way of a request takes a lock or
 * blocks, and what a request allocates does not depend on the number of endpoints.
 */
public final class Router {
    private final Pool pool;
    private final PrefixView view;
    private final TimeModel time;
    private final Profile profile;
    private final RouterSettings settings;
    private final Consumer<Endpoint> ageing;
    private final LongSupplier nanoClock;
    private final RouterCounts counts = new RouterCounts();
    private final OutputLengths outputs;
    private final ThreadLocal<SchedulingContext> contexts;
    private final ConcurrentLinkedQueue<Reading> idleReadings = new ConcurrentLinkedQueue<>();
    private final AtomicInteger idle = new AtomicInteger();

    /** A router that tells nobody of ageing metrics pages. */
    public Router(
            Pool pool,
            PrefixView view,
            TimeModel time,
            Profile profile,
            RouterSettings settings,
            LongSupplier nanoClock,
            Supplier<RandomGenerator> randoms) {
        this(pool, view, time, profile, settings, _ -> {}, nanoClock, randoms);
    }

    /**
     * @param view what endpoints hold
     * @param profile how decisions are made
     * @param ageing told of endpoints that a decision prefers on an old metrics page; to read a newer one soon
     * @param nanoClock monotonic nanoseconds, the clock of {@code EngineStats} too
     * @param randoms makes a generator for each thread that decides
     */
    public Router(
            Pool pool,
            PrefixView view,
            TimeModel time,
            Profile profile,
            RouterSettings settings,
            Consumer<Endpoint> ageing,
            LongSupplier nanoClock,
            Supplier<RandomGenerator> randoms) {
        this.pool = pool;
        this.view = view;
        this.time = time;
        this.profile = profile;
        this.settings = settings;
        this.ageing = ageing;
        this.nanoClock = nanoClock;
        outputs = new OutputLengths(settings.firstMeanOutput());
        contexts = ThreadLocal.withInitial(() -> new SchedulingContext(randoms.get()));
    }

    /** Leases what reads one body of that dialect. */
    public Reading read(Dialect dialect) {
        var reading = idleReadings.poll();
        if (reading == null) {
            reading = new Reading(this);
        } else {
            idle.decrementAndGet();
        }
        return reading.lease(dialect);
    }

    /**
     * Decides for a request whose body was read. Takes over the reading, whatever the answer.
     *
     * @param request from {@link Reading#finish}, maybe with another model or with headers added
     */
    public Routing route(Reading reading, Request request, RoutingHints hints) {
        long start = nanoClock.getAsLong();
        var routing = decide(reading, request, hints, start);
        if (routing instanceof Routing.Refused refused) {
            counts.reject(refused.rejection().reason());
            reading.abandon();
        }
        counts.decisions().record(nanoClock.getAsLong() - start);
        return routing;
    }

    /** Decides for a request without a body to route by. */
    public Routing routeWithoutBody(Request request, RoutingHints hints) {
        return route(read(Dialect.PASSTHROUGH), request, hints);
    }

    /** The clock of all times here, in ns. */
    public long nanoTime() {
        return nanoClock.getAsLong();
    }

    public RouterCounts counts() {
        return counts;
    }

    public Pool pool() {
        return pool;
    }

    /** The profile that decides. */
    public Profile profile() {
        return profile;
    }

    /**
     * Where a request would go now. Nothing is booked, and the reading stays the caller's.
     *
     * @param explanation filled with how the answer came about
     */
    public Profile.Result explain(Reading reading, Request request, Explanation explanation) {
        return choose(reading, request, RoutingHints.NONE, nanoClock.getAsLong(), explanation, null);
    }

    private Routing decide(Reading reading, Request request, RoutingHints hints, long now) {
        var booked = new Booking[1];
        var result = choose(reading, request, hints, now, null, booked);
        return result.rejection() != null
                ? new Routing.Refused(result.rejection())
                : new Routing.Booked(Objects.requireNonNull(booked[0]));
    }

    /** @param booked where the booking is put; null where none is wanted */
    private Profile.Result choose(
            Reading reading,
            Request request,
            RoutingHints hints,
            long now,
            @Nullable Explanation explanation,
            Booking @Nullable [] booked) {
        PoolSnapshot snapshot = pool.snapshot();
        String model = model(request, hints, snapshot);
        if (model == null) {
            return new Profile.Result(
                    null,
                    Rejection.invalid(
                            400,
                            "model_missing",
                            "model",
                            "you must provide a model parameter: the pool serves several",
                            RejectReason.MODEL_MISSING));
        }
        Request routed = model.equals(request.model()) || model.isEmpty() ? request : request.withModel(model);
        var context = contexts.get();
        context.begin(routed, model, snapshot, now, settings.freshness().toNanos(), outputs.mean());
        try {
            var subset = hints.subset();
            if (subset != null) {
                context.retain(endpoint -> subset.contains(endpoint.hostPort()));
                if (context.size() == 0) {
                    return new Profile.Result(
                            null,
                            Rejection.unavailable(
                                    "no endpoint of the gateway's subset is in the pool", RejectReason.SUBSET_EMPTY));
                }
            }
            long namespace = PrefixNamespace.of(model, null, routed.cacheSalt());
            PrefixMatches matches = context.matches();
            if (profile.usesPrefix()) {
                view.match(namespace, reading.keys(), snapshot.slots(), matches);
            } else {
                matches.reset(0);
            }
            var result = profile.run(context, explanation);
            var decision = result.decision();
            if (decision != null && booked != null) {
                refresh(decision, now);
                profile.booked(context, decision.endpoint());
                booked[0] = book(reading, routed, namespace, reasoned(decision, routed, hints, matches), context, now);
            }
            return result;
        } finally {
            context.end();
        }
    }

    /** An idle endpoint's page is old, and it is just that which makes it look idle. */
    private void refresh(Decision decision, long now) {
        long old = settings.refreshAge().toNanos();
        if (decision.endpoint().stats().ageNanos(now) > old) {
            ageing.accept(decision.endpoint());
        }
        for (var fallback : decision.fallbacks()) {
            if (fallback.stats().ageNanos(now) > old) {
                ageing.accept(fallback);
            }
        }
    }

    private static Decision reasoned(Decision decision, Request request, RoutingHints hints, PrefixMatches matches) {
        if (hints.early()) {
            return decision.because(PickReason.EARLY);
        }
        if (request.bodyBytes() == 0) {
            return decision.because(PickReason.NO_BODY);
        }
        return matches.outcome() == PrefixMatches.Outcome.CONTENDED
                ? decision.because(PickReason.PREFIX_UNANSWERED)
                : decision;
    }

    private Booking book(
            Reading reading, Request request, long namespace, Decision decision, SchedulingContext context, long now) {
        int[] cached = new int[1 + decision.fallbacks().size()];
        cached[0] = decision.cachedTokens();
        for (int i = 1; i < cached.length; i++) {
            cached[i] = context.cachedTokens(decision.fallbacks().get(i - 1));
        }
        int output = (int) Math.min(Integer.MAX_VALUE, Math.round(context.expectedOutput()));
        var booking = new Booking(this, reading, request, namespace, decision, cached, output, now);
        booking.place(decision.endpoint(), decision.reason());
        return booking;
    }

    /** The request's model, else the path's, else the pool's only base model; "" for passthrough without any; null if unclear. */
    private static @Nullable String model(Request request, RoutingHints hints, PoolSnapshot pool) {
        if (request.model() != null && !request.model().isEmpty()) {
            return request.model();
        }
        if (hints.pathModel() != null) {
            return hints.pathModel();
        }
        if (request.dialect() == Dialect.PASSTHROUGH) {
            return "";
        }
        return onlyModel(pool);
    }

    private static @Nullable String onlyModel(PoolSnapshot pool) {
        String only = null;
        for (int i = 0; i < pool.size(); i++) {
            String model = baseModel(pool.at(i));
            if (model != null) {
                if (only != null && !only.equals(model)) {
                    return null;
                }
                only = model;
            }
        }
        // nobody told which models it serves: let the engine decide
        return only == null ? "" : only;
    }

    private static @Nullable String baseModel(Endpoint endpoint) {
        if (endpoint.spec().model() != null) {
            return endpoint.spec().model();
        }
        for (var served : endpoint.models()) {
            if (served.parent() == null) {
                return served.id();
            }
        }
        return null;
    }

    PrefixView view() {
        return view;
    }

    TimeModel time() {
        return time;
    }

    OutputLengths outputs() {
        return outputs;
    }

    void giveBack(Reading reading) {
        if (idle.get() < settings.readingsKept()) {
            idle.incrementAndGet();
            idleReadings.offer(reading);
        }
    }
}
