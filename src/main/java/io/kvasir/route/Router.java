package io.kvasir.route;

import io.kvasir.cost.TimeModel;
import io.kvasir.failure.ContainedFailures;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixNamespace;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.PrefixView;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.Dialect;
import io.kvasir.request.ModelName;
import io.kvasir.request.PromptCounts;
import io.kvasir.request.PromptFanOut;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.EndpointScore;
import io.kvasir.schedule.Explanation;
import io.kvasir.schedule.Need;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.Profiles;
import io.kvasir.schedule.SchedulingContext;
import io.kvasir.traffic.AppliedRules;
import io.kvasir.traffic.TrafficRules;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
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
    private static final System.Logger LOG = System.getLogger(Router.class.getName());

    /** Least time between two lines about requests that go to endpoints that look dead. */
    private static final long IGNORED_SAID_NANOS = 10_000_000_000L;

    private final Pool pool;
    private final PrefixView view;
    private final TimeModel time;
    private final RouterSettings settings;
    private final Consumer<Endpoint> ageing;
    private final LongSupplier nanoClock;
    private final TrafficRules traffic = new TrafficRules();
    private final RouterCounts counts = new RouterCounts();
    private final Shadow shadow;
    private final RetryBudget retries;
    private final AtomicLong ignoredSaid = new AtomicLong();
    private final OutputLengths outputs;
    private final TokenSizes tokenSizes = new TokenSizes();
    private final StoredIds stored;
    private final Holders holders;
    private final ThreadLocal<SchedulingContext> contexts;
    private final PromptFanOut.Counts prompts = new PromptFanOut.Counts();
    private final Readings readings;
    private final ContainedFailures listenerFailures = new ContainedFailures("a listener to decisions");
    private final RouterEvents events = new RouterEvents(listenerFailures);
    private volatile Profiles profiles;
    private volatile ModelLists lists = ModelLists.FIXED;

    /** A router that has no endpoint prefill for another and tells nobody of ageing metrics pages. */
    public Router(
            Pool pool,
            PrefixView view,
            TimeModel time,
            Profile profile,
            RouterSettings settings,
            LongSupplier nanoClock,
            Supplier<RandomGenerator> randoms) {
        this(
                pool,
                view,
                time,
                new Profiles(profile, new Pairing(new PdDecider.Never(), profile, time, false), null),
                settings,
                _ -> {},
                nanoClock,
                randoms);
    }

    /**
     * @param view what endpoints hold
     * @param profiles how decisions are made, until they are {@linkplain #swap swapped}
     * @param ageing told of endpoints that a decision prefers on an old metrics page; to read a newer one soon
     * @param nanoClock monotonic nanoseconds, the clock of {@code EngineStats} too
     * @param randoms makes a generator for each thread that decides
     */
    public Router(
            Pool pool,
            PrefixView view,
            TimeModel time,
            Profiles profiles,
            RouterSettings settings,
            Consumer<Endpoint> ageing,
            LongSupplier nanoClock,
            Supplier<RandomGenerator> randoms) {
        this.pool = pool;
        this.view = view;
        this.time = time;
        this.profiles = profiles;
        this.settings = settings;
        this.ageing = ageing;
        this.nanoClock = nanoClock;
        retries = new RetryBudget(nanoClock.getAsLong());
        outputs = new OutputLengths(settings.firstMeanOutput());
        stored = new StoredIds(nanoClock);
        holders = new Holders(stored, counts);
        readings = new Readings(view, settings.readingsKept(), List.of(Readings.KeyListener.KEYER), prompts);
        contexts = ThreadLocal.withInitial(() -> new SchedulingContext(randoms.get()));
        shadow = new Shadow(time, counts.shadow(), randoms);
    }

    /** Leases what reads one body of that dialect. */
    public Reading read(Dialect dialect) {
        return read(BodyFormat.of(dialect));
    }

    /** Leases what reads one body of that format. */
    public Reading read(BodyFormat format) {
        return readings.lease(format);
    }

    /**
     * Decides for a request whose body was read. Takes over the reading, whatever the answer.
     *
     * @param request from {@link Reading#finish}, maybe with another model or with headers added
     */
    public Routing route(Reading reading, Request request, RoutingHints hints) {
        return Objects.requireNonNull(decide(reading, request, hints, null));
    }

    /**
     * Decides, unless no endpoint is told to serve the model and lists of models can be read anew: then nothing is
     * decided or taken over.
     *
     * @param again run once, on any thread and within a bounded time, when lists were read and the caller should ask
     *     again, without it
     * @return null where nothing is decided yet
     */
    public @Nullable Routing route(Reading reading, Request request, RoutingHints hints, Runnable again) {
        return decide(reading, request, hints, again);
    }

    private @Nullable Routing decide(Reading reading, Request request, RoutingHints hints, @Nullable Runnable again) {
        long start = nanoClock.getAsLong();
        Choice choice;
        try {
            choice = choose(reading, request, hints, start, null, again);
        } catch (RuntimeException e) {
            reading.abandon();
            throw e;
        }
        if (choice == null) {
            counts.model(ModelNote.HELD);
            return null;
        }
        retries.request();
        counts.traffic().count(choice.rules);
        var refusal = choice.result.refusal();
        Routing routing;
        if (refusal == null) {
            routing = new Routing.Booked(Objects.requireNonNull(choice.booking));
        } else {
            counts.reject(refusal.reason());
            reading.abandon();
            routing = new Routing.Refused(refusal);
        }
        counts.decisions().record(nanoClock.getAsLong() - start);
        tell(request, choice.rules, routing);
        return routing;
    }

    private void tell(Request asked, AppliedRules rules, Routing routing) {
        switch (routing) {
            case Routing.Booked(var booking) -> {
                if (events.wants(RouterEvent.Kind.DECIDED)) {
                    events.publish(new RouterEvent.Decided(
                            nanoClock.getAsLong(),
                            booking.id(),
                            asked,
                            booking.request(),
                            rules,
                            booking.decision(),
                            booking.placement().prediction()));
                }
            }
            case Routing.Refused(var refusal) -> {
                if (events.wants(RouterEvent.Kind.REFUSED)) {
                    events.publish(new RouterEvent.Refused(nanoClock.getAsLong(), asked, rules, refusal));
                }
            }
        }
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

    /** How many requests may still be sent again. */
    public RetryBudget retries() {
        return retries;
    }

    public Pool pool() {
        return pool;
    }

    /** Whether two names stand for one model, by rewrite rules or by what an engine says that it serves. */
    public boolean sameModel(String one, String other) {
        return ModelNames.same(one, other, pool.snapshot(), traffic.rewrites());
    }

    /** The operators' rules that it asks for every request; discovery replaces them. */
    public TrafficRules traffic() {
        return traffic;
    }

    /** What became of listeners to prompts. */
    public PromptFanOut.Counts prompts() {
        return prompts;
    }

    /** How often who is told of decisions or of ageing pages failed; that changes no decision. */
    public long listenerFailures() {
        return listenerFailures.count();
    }

    /** What it does, for whoever listens. */
    public RouterEvents events() {
        return events;
    }

    /** Who keeps what. */
    public StoredIds stored() {
        return stored;
    }

    /** Says how lists of models are read anew. */
    public void lists(ModelLists readers) {
        lists = readers;
    }

    ModelLists lists() {
        return lists;
    }

    /** What decides. */
    public Profiles profiles() {
        return profiles;
    }

    /**
     * Has others decide from now on, while traffic runs: a decision in progress ends with those that it began with, and
     * what they booked ends as it would have.
     */
    public void swap(Profiles others) {
        profiles = others;
    }

    /** Where a request would go now, and why. Nothing is booked, and the reading stays the caller's. */
    public Explained explain(Reading reading, Request request, RoutingHints hints) {
        var explanation = new Explanation(time);
        var choice = Objects.requireNonNull(choose(reading, request, hints, nanoClock.getAsLong(), explanation, null));
        return new Explained(choice.result, choice.rules, explanation);
    }

    /** @param booking null where nothing was to be booked, or there is no decision */
    private record Choice(
            Profile.Result result,
            AppliedRules rules,
            @Nullable Booking booking) {}

    /**
     * Chooses.
     *
     * @param explanation to be filled, and nothing is booked; null to book
     * @param again what waits for lists of models; null where nobody does
     * @return null where lists are awaited
     */
    private @Nullable Choice choose(
            Reading reading,
            Request request,
            RoutingHints hints,
            long now,
            @Nullable Explanation explanation,
            @Nullable Runnable again) {
        PoolSnapshot snapshot = pool.snapshot();
        var profiles = this.profiles;
        var profile = profiles.profile();
        var pairing = profiles.pairing();
        var context = contexts.get();
        var rewrites = traffic.rewrites();
        String conflict = ModelNames.conflict(request, hints, snapshot, rewrites);
        if (conflict != null) {
            return refused(AppliedRules.NONE, Refusals.modelMismatch(hints.pathModel(), conflict));
        }
        String asked = ModelNames.asked(request, hints, snapshot, rewrites);
        boolean readable =
                !request.opaque() && (asked != null || request.dialect().needsModel());
        var rules =
                traffic.of(asked, readable, hints.rewrite(), request.headers().objective(), context.random());
        String model =
                rules.model() != null ? rules.model() : asked != null ? asked : ModelNames.implied(request, snapshot);
        if (model == null) {
            return refused(rules, Refusals.modelMissing());
        }
        String problem = model.isEmpty() ? null : ModelName.problem(model);
        if (problem != null) {
            return refused(rules, Refusals.modelInvalid(problem));
        }
        Request routed = routed(request, model);
        if (explanation != null) {
            explanation.measured(routed.promptTokens());
        }
        var holder = holders.of(request, hints, model, snapshot, now, explanation == null);
        var subset = holder == null ? hints.subset() : List.of(holder.hostPort());
        context.begin(routed, model, snapshot, subset, now, freshNanos(), outputs.expected(routed, model));
        try {
            if (subset != null && context.size() == 0) {
                return refused(rules, Refusals.subsetEmpty());
            }
            long namespace = PrefixNamespace.of(model, null, routed.cacheSalt());
            PrefixMatches matches = context.matches();
            boolean prefix = profile.needs(Need.PREFIX) || (hints.pairs() && pairing.usesPrefix(snapshot));
            if (prefix) {
                match(namespace, reading, snapshot, context);
            } else {
                matches.reset(0);
            }
            var result = profile.run(context, explanation);
            boolean unlisted = context.notes().isUnlisted();
            if (again != null && unlisted && lists.refresh(again)) {
                return null;
            }
            var decision = result.decision();
            if (decision == null) {
                return holder == null
                        ? new Choice(result, rules, null)
                        : refused(rules, Holders.keptAway(Objects.requireNonNull(result.refusal())));
            }
            var scores = hints.scores() ? EndpointScore.of(context) : List.<EndpointScore>of();
            var other = profiles.shadow();
            if (other != null && explanation == null && holder == null) {
                shadow.compare(
                        other,
                        context,
                        snapshot,
                        subset,
                        decision,
                        prefix ? null : beside -> match(namespace, reading, snapshot, beside));
            }
            if (explanation == null) {
                profile.booked(context, decision.endpoint());
            }
            if (hints.pairs()) {
                decision = pairing.pair(context, snapshot, subset, decision, explanation);
            }
            if (explanation != null) {
                return new Choice(new Profile.Result(decision, null), rules, null);
            }
            refresh(decision, now);
            decision =
                    holder == null ? reasoned(decision, routed, hints, matches) : decision.because(PickReason.HOLDER);
            counts.pair(decision.pairing());
            counts.prefix(decision.prefixSource());
            if (unlisted) {
                counts.model(ModelNote.UNLISTED);
            }
            var booking = book(reading, routed, rules, namespace, decision, context, now);
            booking.scored(scores);
            booking.makesStored(
                    hints.stored() == null
                            ? request.dialect() == Dialect.RESPONSES
                            : hints.stored().id() == null);
            return new Choice(result, rules, booking);
        } finally {
            context.end();
        }
    }

    private void match(long namespace, Reading reading, PoolSnapshot snapshot, SchedulingContext context) {
        context.ownMatches();
        view.match(namespace, reading.keys(), snapshot.slots(), context.matches());
        context.matched();
    }

    /** The request for that model, its prompt measured in the model's tokens. */
    private Request routed(Request request, String model) {
        double bytesPerToken = tokenSizes.of(model);
        boolean same = model.isEmpty() || model.equals(request.model());
        return same && bytesPerToken == PromptCounts.BYTES_PER_TOKEN
                ? request
                : request.withModel(same ? request.model() : model, bytesPerToken);
    }

    private static Choice refused(AppliedRules rules, Refusal refusal) {
        return new Choice(new Profile.Result(null, refusal), rules, null);
    }

    /** An idle endpoint's page is old, and it is just that which makes it look idle. */
    private void refresh(Decision decision, long now) {
        refresh(decision.endpoint(), now);
        for (var fallback : decision.fallbacks()) {
            refresh(fallback, now);
        }
        if (decision.prefill() != null) {
            refresh(decision.prefill(), now);
        }
    }

    private void refresh(Endpoint endpoint, long now) {
        if (endpoint.stats().ageNanos(now) > settings.refreshAge().toNanos()) {
            try {
                ageing.accept(endpoint);
            } catch (RuntimeException e) {
                listenerFailures.failed(e);
            }
        }
    }

    private Decision reasoned(Decision decision, Request request, RoutingHints hints, PrefixMatches matches) {
        if (decision.reason() == PickReason.HEALTH_IGNORED) {
            sayIgnored(decision);
            return decision;
        }
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

    private void sayIgnored(Decision decision) {
        long now = nanoClock.getAsLong();
        long said = ignoredSaid.get();
        if ((said == 0 || now - said > IGNORED_SAID_NANOS) && ignoredSaid.compareAndSet(said, now)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Requests go to {0} though it looks dead: so do too many others to believe it",
                    decision.endpoint());
        }
    }

    private Booking book(
            Reading reading,
            Request request,
            AppliedRules rules,
            long namespace,
            Decision decision,
            SchedulingContext context,
            long now) {
        int[] cached = new int[1 + decision.fallbacks().size()];
        var predictors = new @Nullable PrefixSource[cached.length];
        cached[0] = decision.cachedTokens();
        predictors[0] = decision.prefixSource();
        for (int i = 1; i < cached.length; i++) {
            var fallback = decision.fallbacks().get(i - 1);
            cached[i] = context.cachedTokens(fallback);
            predictors[i] = context.prefixSource(fallback);
        }
        var booking = new Booking(
                this, reading, request, rules, namespace, decision, cached, predictors, context.work(), now);
        try {
            booking.open();
        } catch (RuntimeException e) {
            booking.finish(Outcome.SHUTDOWN);
            throw e;
        }
        return booking;
    }

    PrefixView view() {
        return view;
    }

    TimeModel time() {
        return time;
    }

    /** Age in ns up to which an engine's metrics count. */
    long freshNanos() {
        return settings.freshness().toNanos();
    }

    TokenSizes tokenSizes() {
        return tokenSizes;
    }

    OutputLengths outputs() {
        return outputs;
    }
}
