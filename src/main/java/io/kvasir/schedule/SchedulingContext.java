package io.kvasir.schedule;

import io.kvasir.cost.ClassRates;
import io.kvasir.cost.Price;
import io.kvasir.cost.TimeModel;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointLoad;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One scheduling in progress: the request and the work that it is, what is known of the pool, the candidates left and
 * their scores. Candidates stand at places 0 to {@link #size} - 1; scores are arrays over the same places. Owned by one
 * thread and reused.
 */
public final class SchedulingContext extends Candidates {
    /** One decision of so many is timed; a power of two. */
    private static final int TIMED = 16;

    private final RandomGenerator random;
    private final LongSupplier nanoClock;
    private final PrefixMatches ownMatches = new PrefixMatches();
    private final FilterNotes notes = new FilterNotes();
    private final Price price = new Price();
    private Request request = Request.withoutBody(Dialect.PASSTHROUGH);
    private String model = "";
    private Work work = Work.NONE;
    private long nowNanos;
    private long freshNanos = Long.MAX_VALUE;
    private PrefixMatches matches = ownMatches;
    private double tokensPerKeyed = 1;
    private @Nullable Endpoint peer;
    private double unsure;
    private int begun;
    private int mediaFirst;
    private int mediaOf = 1;

    /** @param random decides ties and explorations; seeded in tests */
    public SchedulingContext(RandomGenerator random) {
        this(random, () -> 0);
    }

    /**
     * As the other one.
     *
     * @param nanoClock monotonic ns, by which plug-ins are timed
     */
    public SchedulingContext(RandomGenerator random, LongSupplier nanoClock) {
        this.random = random;
        this.nanoClock = nanoClock;
    }

    /**
     * Starts over with endpoints of the pool as candidates.
     *
     * @param model the model to route to; empty where none is known
     * @param subset the only {@code ip:port} that may be chosen; null for all
     * @param freshNanos age in ns up to which an engine's metrics count
     * @param meanOutput output tokens to expect of a sequence
     */
    public void begin(
            Request request,
            String model,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            long nowNanos,
            long freshNanos,
            double meanOutput) {
        this.request = request;
        this.model = model;
        this.nowNanos = nowNanos;
        this.freshNanos = freshNanos;
        tokensPerKeyed = 1;
        matches = ownMatches;
        begun++;
        candidates(pool, subset);
        work = Work.of(request, ExpectedOutput.tokens(request, model, meanOutput, this));
    }

    /**
     * Starts over with the request of another context, at the same moment, to decide again beside it. Reads the other's
     * matches, so that it must end before the other does.
     *
     * @param subset the only {@code ip:port} that may be chosen; null for all
     */
    public void beginBeside(SchedulingContext other, PoolSnapshot pool, @Nullable List<String> subset) {
        request = other.request;
        model = other.model;
        work = other.work;
        nowNanos = other.nowNanos;
        freshNanos = other.freshNanos;
        tokensPerKeyed = other.tokensPerKeyed;
        matches = other.matches;
        candidates(pool, subset);
    }

    /** Has matches of its own from now on, for now without any. */
    public void ownMatches() {
        matches = ownMatches;
        tokensPerKeyed = 1;
    }

    /**
     * Makes all endpoints of the pool candidates, whatever was left of them, and forgets the peer.
     *
     * @param subset the only {@code ip:port} that may be chosen; null for all
     */
    public void candidates(PoolSnapshot pool, @Nullable List<String> subset) {
        peer = null;
        unsure = 0;
        mediaTurn(0, 1);
        notes.clear();
        start(pool, subset);
    }

    /** Forgets endpoints, so that a removed one is not held by an idle thread. */
    public void end() {
        forget();
        matches = ownMatches;
        peer = null;
    }

    /** Whether what is done for the request is timed: every so many is. */
    public boolean timed() {
        return (begun & TIMED - 1) == 1;
    }

    /** Now, in ns, for times of plug-ins; not the time of the request, see {@link #nowNanos}. */
    public long clockNanos() {
        return nanoClock.getAsLong();
    }

    public Request request() {
        return request;
    }

    /** The model to route to; empty where none is known. */
    public String model() {
        return model;
    }

    /** What the request asks of an engine. */
    public Work work() {
        return work;
    }

    /** The rates by which the request is priced at the candidate. */
    public ClassRates rates(TimeModel time, int place) {
        return time.rates(candidate(place), model);
    }

    /** For scorers: what candidates are priced in, one after the other. */
    Price price() {
        return price;
    }

    public long nowNanos() {
        return nowNanos;
    }

    /** Age in ns up to which an engine's metrics count. */
    public long freshNanos() {
        return freshNanos;
    }

    public RandomGenerator random() {
        return random;
    }

    /** Says by which share of the best total, 0 to 1, totals may be off; until the candidates start over. */
    void unsure(double share) {
        unsure = share;
    }

    /** By which share of the best total totals may be off, so that those within it are as good; 0 where nothing says so. */
    double unsure() {
        return unsure;
    }

    /** Says that a booking is for each {@code of}th of the request's different media parts, {@code first} and on. */
    void mediaTurn(int first, int of) {
        mediaFirst = first;
        mediaOf = of;
    }

    /** Whether the booking that is told of is for that one of the request's different media parts, of 0 and on. */
    boolean mediaTurn(int number) {
        return number % mediaOf == mediaFirst;
    }

    /** Says for which endpoint the candidates would work; until the candidates start over. */
    void peer(Endpoint other) {
        peer = other;
    }

    /** The endpoint that the candidates would prefill for; null where they would answer themselves. */
    public @Nullable Endpoint peer() {
        return peer;
    }

    /** Leading tokens of the prompt that endpoints hold, by ordinal. */
    public PrefixMatches matches() {
        return matches;
    }

    /**
     * The matches are in. Keys count text at 4 bytes a token and know nothing of what templates add, so from now on what
     * endpoints hold is measured in the tokens that the request is taken to have.
     */
    public void matched() {
        long keyed = matches.promptTokens();
        if (keyed > 0 && request.prompt().prompts() == 1 && !request.prompt().exact()) {
            tokensPerKeyed = (double) request.promptTokens() / keyed;
        }
    }

    /** Leading tokens of the prompt that the candidate holds, 0 where nothing is known. */
    public int cachedTokens(int place) {
        return cachedTokens(candidate(place));
    }

    /** Leading tokens of the prompt that the endpoint holds, 0 where nothing is known. */
    public int cachedTokens(Endpoint endpoint) {
        int ordinal = endpoint.ordinal();
        int held = ordinal < matches.endpoints() ? matches.tokens(ordinal) : 0;
        return tokensPerKeyed == 1 ? held : (int) Math.round(held * tokensPerKeyed);
    }

    /** What {@link #cachedTokens(Endpoint)} rests on; null where no view of prefixes was asked. */
    public @Nullable PrefixSource prefixSource(Endpoint endpoint) {
        int ordinal = endpoint.ordinal();
        return ordinal < matches.endpoints() ? matches.source(ordinal) : null;
    }

    /** Whether what its events tell kept changing while it was read, so that {@link #prefixSource} is another. */
    public boolean prefixDisturbed(Endpoint endpoint) {
        int ordinal = endpoint.ordinal();
        return ordinal < matches.endpoints() && matches.isDisturbed(ordinal);
    }

    /** How sure {@link #cachedTokens(Endpoint)} is: from 0, a guess, to 1. */
    public float confidence(Endpoint endpoint) {
        int ordinal = endpoint.ordinal();
        return ordinal < matches.endpoints() ? matches.confidence(ordinal) : 0;
    }

    /** The endpoint in reserve that holds most by {@link ContextFitFilter}, which leaves it; there must be one. */
    Endpoint takeReserve() {
        return takeReserve(endpoint -> ContextFitFilter.room(endpoint, model));
    }

    /** What filters found out that a decision says. */
    public FilterNotes notes() {
        return notes;
    }

    /** Whether the candidate's metrics are young enough to count. */
    public boolean fresh(int place) {
        return page(place).ageNanos(nowNanos) <= freshNanos;
    }

    /** Sequences that wait at the candidate by its fresh metrics; 0 where they do not tell. */
    public double waiting(int place) {
        return fresh(place) ? Math.max(page(place).waiting(), 0) : 0;
    }

    /** Sequences that run at the candidate by its fresh metrics; our own in flight where they do not tell. */
    public double running(int place) {
        int told = fresh(place) ? page(place).running() : -1;
        return told >= 0 ? told : candidate(place).load().sequences();
    }

    /** Share of the candidate's KV blocks in use by its fresh metrics; NaN where they do not tell. */
    public double kvUsage(int place) {
        return fresh(place) ? page(place).kvUsage() : Double.NaN;
    }

    /** Sequences at the candidate, waiting or running: by its fresh metrics, and at least our own in flight. */
    public double sequences(int place) {
        EndpointLoad load = candidate(place).load();
        var stats = page(place);
        double told = fresh(place) ? Math.max(0, stats.running()) + (double) Math.max(0, stats.waiting()) : 0;
        return Math.max(told, Math.max(load.requests(), load.sequences()));
    }
}
