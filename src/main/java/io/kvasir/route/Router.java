package io.kvasir.route;

import io.kvasir.admission.Admission;
import io.kvasir.admission.Stay;
import io.kvasir.clock.ScaledClock;
import io.kvasir.cost.TimeModel;
import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import io.kvasir.prefix.CacheBelief;
import io.kvasir.prefix.PrefixView;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptFanOut;
import io.kvasir.request.Request;
import io.kvasir.schedule.Explanation;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.Profiles;
import io.kvasir.token.TokenIds;
import io.kvasir.traffic.TrafficRules;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides where requests go. One instance serves all doors and threads; nothing on the way of a request takes a lock or
 * blocks, and what a request allocates does not depend on the number of endpoints.
 */
public final class Router implements Metered {
    private final Pool pool;
    private final PrefixView view;
    private final TimeModel time;
    private final Stages stages;
    private final Scheduling scheduling;
    private final PromptFanOut.Counts prompts = new PromptFanOut.Counts();
    private final Readings readings;
    private final ScaledClock clock;
    private final long freshNanos;
    private final TrafficRules traffic = new TrafficRules();
    private final RouterCounts counts = new RouterCounts();
    private final RetryBudget retries;
    private final OutputLengths outputs;
    private final TokenSizes tokenSizes = new TokenSizes();
    private final StoredIds stored;
    private final Holders holders;
    private final ContainedFailures listenerFailures = new ContainedFailures("a listener to decisions");
    private final ContainedFailures tokenFailures = new ContainedFailures("a search for tokens");
    private final RouterEvents events = new RouterEvents(listenerFailures);
    private final ExplanationSamples explanations;
    private volatile Profiles profiles;
    private volatile TokenIds tokenIds = TokenIds.NONE;
    private volatile ModelLists lists = ModelLists.FIXED;
    private volatile RequestTraces traces = RequestTraces.OFF;
    private final ContainedFailures admissionFailures = new ContainedFailures("admission");
    private volatile GuardedAdmission admission = new GuardedAdmission(Admission.OPEN, admissionFailures);

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
        explanations = new ExplanationSamples(time);
        traffic.headers(profiles.headers());
        clock = ScaledClock.of(nanoClock);
        freshNanos = settings.freshness().toNanos();
        readings = new Readings(view, settings.readingsKept(), prompts);
        retries = new RetryBudget(nanoClock.getAsLong());
        outputs = new OutputLengths(settings.firstMeanOutput());
        stored = new StoredIds(nanoClock);
        holders = new Holders(stored, counts);
        var pages = new AgeingPages(ageing, settings.refreshAge().toNanos(), listenerFailures);
        scheduling = new Scheduling(this, pages, randoms);
        stages = new Stages(this, scheduling);
        pool.listen(new Room());
        time.onDrift(rates -> {
            if (events.wants(RouterEvent.Kind.RATES_DRIFTED)) {
                events.publish(new RouterEvent.RatesDrifted(nanoTime(), rates, rates.drifted()));
            }
        });
    }

    /** Tells admission what the pool shows of room; what our own books show, bookings tell. */
    private final class Room implements PoolListener {
        @Override
        public void added(Endpoint endpoint) {
            admission.freed(endpoint);
        }

        @Override
        public void changed(Endpoint before, Endpoint after) {
            admission.freed(after);
        }

        @Override
        public void reported(Endpoint endpoint) {
            admission.freed(endpoint);
        }
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
     * Decides for a request whose body was read, at once. Takes over the reading, whatever the answer.
     *
     * @param request from {@link Reading#finish}, maybe with another model or with headers added
     */
    public Routing.Decided route(Reading reading, Request request, RoutingHints hints) {
        return (Routing.Decided) stages.enter(reading, request, hints, null);
    }

    /**
     * Decides for a request whose body was read, at once or later. Takes over the reading, whatever the answer.
     *
     * @param request from {@link Reading#finish}, maybe with another model or with headers added
     * @param waiter whose loop this is called on; told of the decision where the answer is {@link Waiting}
     */
    public Routing route(Reading reading, Request request, RoutingHints hints, Waiter waiter) {
        return stages.enter(reading, request, hints, waiter);
    }

    /** The clock of all times here, which is that of the engines. */
    public ScaledClock clock() {
        return clock;
    }

    /** What that clock shows, in ns. */
    public long nanoTime() {
        return clock.getAsLong();
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

    /**
     * Has one more listener make keys of prompts that begin from now on. Of keys of one scheme those count that the listener
     * made which came first.
     */
    public void listen(KeyListener keys) {
        readings.listen(keys);
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

    /** What is believed of an endpoint's cache as a whole. */
    public CacheBelief belief(Endpoint endpoint) {
        return view.belief(endpoint.ordinal());
    }

    /** Which decisions explain themselves to who listens. */
    public ExplanationSamples explanations() {
        return explanations;
    }

    /** Says who traces requests. */
    public void traces(RequestTraces traces) {
        this.traces = traces;
    }

    /** Who traces requests. */
    public RequestTraces traces() {
        return traces;
    }

    /** Tells a request's own trace and all who listen. */
    void publish(RouterEvent event, @Nullable RequestTrace trace) {
        if (events.wants(event.kind())) {
            events.publish(event);
        }
        if (trace != null) {
            try {
                trace.on(event);
            } catch (RuntimeException e) {
                listenerFailures.failed(e);
            }
        }
    }

    /** Tells who listens that what is believed of an endpoint's cache was forgotten, by somebody else's doing. */
    public void forgotten(Endpoint endpoint, RouterEvent.IndexChange change) {
        if (events.wants(RouterEvent.Kind.INDEX_CHANGED)) {
            events.publish(new RouterEvent.IndexChanged(nanoTime(), endpoint, change, 0));
        }
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

    /** Says who finds the token ids of prompts of text, before the first of them. */
    public void tokens(TokenIds finder) {
        tokenIds = finder;
    }

    TokenIds tokenIds() {
        return tokenIds;
    }

    /** A search for tokens could not begin. */
    void tokenFailed(RuntimeException failure) {
        tokenFailures.failed(failure);
    }

    /** How often searches for tokens could not begin; those requests went on without. */
    public long tokenFailures() {
        return tokenFailures.count();
    }

    /** Says who lets requests in, before the first of them. */
    public void admission(Admission admission) {
        this.admission = new GuardedAdmission(admission, admissionFailures);
    }

    /** How often who lets requests in failed; those requests went on without it. */
    public long admissionFailures() {
        return admissionFailures.count();
    }

    /** Who lets requests in. */
    GuardedAdmission admission() {
        return admission;
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
        traffic.headers(others.headers());
        profiles = others;
    }

    /** Where a request would go now, and why. Nothing is booked, and the reading stays the caller's. */
    public Explained explain(Reading reading, Request asked, RoutingHints hints) {
        var request = traffic.objectives().withSlo(asked);
        var explanation = new Explanation(time);
        var model = scheduling.resolve(request, hints);
        var rules = model.rules();
        if (model.refusal() != null) {
            return new Explained(new Profile.Result(null, model.refusal()), rules, explanation);
        }
        var measured = scheduling.measured(request, model.model());
        explanation.measured(measured.promptTokens());
        var passage = new Passage(reading, request, hints, rules, model.model(), measured, null, Stay.UNHEARD);
        return new Explained(scheduling.explain(passage, nanoTime(), explanation), rules, explanation);
    }

    Holders holders() {
        return holders;
    }

    /** What the index of prefixes holds and costs. */
    public Metered index() {
        return view;
    }

    PrefixView view() {
        return view;
    }

    /** How long things take where. */
    public TimeModel time() {
        return time;
    }

    /** Age in ns up to which an engine's metrics count. */
    public long freshNanos() {
        return freshNanos;
    }

    /** Bytes of text that a token of a model's prompts takes, as far as its engines have told; 4 until they do. */
    public double bytesPerToken(String model) {
        return tokenSizes.of(model);
    }

    TokenSizes tokenSizes() {
        return tokenSizes;
    }

    OutputLengths outputs() {
        return outputs;
    }

    /** Declares what it counts, and what its parts do. */
    @Override
    public void describe(MetricSink sink) {
        counts.describe(sink);
        retries.describe(sink);
        profiles.describe(sink);
        if (profiles.shadow() != null) {
            counts.shadow().describe(sink);
        }
        prompts.describe(sink);
        admission.describe(sink);
        tokenFailures.describe(sink, "tokens");
        events.describe(sink);
        view.describe(sink);
        pool.describe(sink, nanoTime());
    }
}
