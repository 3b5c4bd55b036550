package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointLoad;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One scheduling in progress: the request, what is known of the pool, the candidates left and their scores. Candidates
 * stand at places 0 to {@link #size} - 1; scores are arrays over the same places. Those that were put behind the others
 * stand in reserve: they are no candidates, but fallbacks when those give out. Owned by one thread and reused.
 */
public final class SchedulingContext {
    /** Tokens that one sequence is taken to be able to have where no endpoint tells. */
    private static final int UNTOLD_CONTEXT = 131_072;

    private final RandomGenerator random;
    private final PrefixMatches matches = new PrefixMatches();
    private Request request = Request.withoutBody(Dialect.PASSTHROUGH);
    private String model = "";
    private long nowNanos;
    private long freshNanos = Long.MAX_VALUE;
    private double meanOutput;
    private double outputBound;
    private double tokensPerKeyed = 1;
    private Endpoint[] candidates = new Endpoint[0];
    private double[] scores = new double[0];
    private double[] totals = new double[0];
    private int[] order = new int[0];
    private double[] predicted = new double[0];
    private int size;
    private Endpoint[] reserve = new Endpoint[0];
    private int reserved;
    private boolean overContext;
    private int longestContext;
    private @Nullable Endpoint peer;
    private boolean healthIgnored;
    private boolean unlisted;

    /** @param random decides ties and explorations; seeded in tests */
    public SchedulingContext(RandomGenerator random) {
        this.random = random;
    }

    /**
     * Starts over with endpoints of the pool as candidates.
     *
     * @param model the model to route to; empty where none is known
     * @param subset the only {@code ip:port} that may be chosen; null for all
     * @param freshNanos age in ns up to which an engine's metrics count
     * @param meanOutput output tokens to expect of a request
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
        this.meanOutput = meanOutput;
        tokensPerKeyed = 1;
        candidates(pool, subset);
        outputBound = outputBound();
    }

    /** What the client allows, and no more than the roomiest endpoint can generate; negative without a bound. */
    private double outputBound() {
        int asked = request.maxOutputTokens();
        if (asked <= 0 || !request.ignoreEos()) {
            return asked;
        }
        long most = 0;
        for (int i = 0; i < size && most < asked; i++) {
            int limit = candidates[i].contextTokens(model);
            most = Math.max(most, limit == 0 ? UNTOLD_CONTEXT : limit);
        }
        return Math.min(asked, most);
    }

    /**
     * Makes all endpoints of the pool candidates, whatever was left of them, and forgets the peer.
     *
     * @param subset the only {@code ip:port} that may be chosen; null for all
     */
    public void candidates(PoolSnapshot pool, @Nullable List<String> subset) {
        peer = null;
        reserved = 0;
        overContext = false;
        healthIgnored = false;
        unlisted = false;
        size = pool.size();
        if (candidates.length < size) {
            int room = Math.max(size, 2 * candidates.length);
            candidates = new Endpoint[room];
            scores = new double[room];
            totals = new double[room];
            order = new int[room];
            predicted = new double[room];
        }
        for (int i = 0; i < size; i++) {
            candidates[i] = pool.at(i);
        }
        if (subset != null) {
            retain(endpoint -> subset.contains(endpoint.hostPort()));
        }
    }

    /** Says that no candidate is told to serve the model; until the candidates start over. */
    void unlisted() {
        unlisted = true;
    }

    /** Whether no candidate was told to serve the model, though some may. */
    public boolean isUnlisted() {
        return unlisted;
    }

    /** Says for which endpoint the candidates would work; until the candidates start over. */
    void peer(Endpoint other) {
        peer = other;
    }

    /** The endpoint that the candidates would prefill for; null where they would answer themselves. */
    public @Nullable Endpoint peer() {
        return peer;
    }

    /** Forgets endpoints, so that a removed one is not held by an idle thread. */
    public void end() {
        Arrays.fill(candidates, null);
        Arrays.fill(reserve, null);
        reserved = 0;
        peer = null;
        size = 0;
    }

    public Request request() {
        return request;
    }

    /** The model to route to; empty where none is known. */
    public String model() {
        return model;
    }

    public long nowNanos() {
        return nowNanos;
    }

    /** Age in ns up to which an engine's metrics count. */
    public long freshNanos() {
        return freshNanos;
    }

    /**
     * Output tokens to expect: the mean of what was seen, within the request's own bound; that bound, as far as an
     * endpoint could fill it, where the request goes on whatever the model says.
     */
    public double expectedOutput() {
        if (outputBound == 0 || !request.dialect().generates()) {
            return 0;
        }
        if (outputBound > 0) {
            return request.ignoreEos() ? outputBound : Math.min(outputBound, meanOutput);
        }
        return meanOutput;
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
        return cachedTokens(candidates[place]);
    }

    /** Leading tokens of the prompt that the endpoint holds, 0 where nothing is known. */
    public int cachedTokens(Endpoint endpoint) {
        int ordinal = endpoint.ordinal();
        return ordinal < matches.endpoints() ? (int) Math.round(matches.tokens(ordinal) * tokensPerKeyed) : 0;
    }

    public RandomGenerator random() {
        return random;
    }

    /** Candidates left. */
    public int size() {
        return size;
    }

    public Endpoint candidate(int place) {
        return candidates[place];
    }

    /** Keeps the candidates that pass; order is kept. */
    public void retain(Predicate<Endpoint> test) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            var endpoint = candidates[i];
            if (test.test(endpoint)) {
                candidates[kept++] = endpoint;
            }
        }
        size = kept;
    }

    /** Keeps the candidates whose place passes; order is kept. */
    void retainPlaces(IntPredicate test) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (test.test(i)) {
                candidates[kept++] = candidates[i];
            }
        }
        size = kept;
    }

    /** Keeps the candidates that pass, and the others in reserve; order is kept. */
    void prefer(Predicate<Endpoint> test) {
        if (reserve.length < reserved + size) {
            reserve = Arrays.copyOf(reserve, reserved + candidates.length);
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            var endpoint = candidates[i];
            if (test.test(endpoint)) {
                candidates[kept++] = endpoint;
            } else {
                reserve[reserved++] = endpoint;
            }
        }
        size = kept;
    }

    /** Endpoints in reserve. */
    int reserved() {
        return reserved;
    }

    /** The endpoint in reserve that holds most by {@link ContextFitFilter}, which leaves it; there must be one. */
    Endpoint takeReserve() {
        int best = 0;
        for (int i = 1; i < reserved; i++) {
            if (ContextFitFilter.room(reserve[i], model) > ContextFitFilter.room(reserve[best], model)) {
                best = i;
            }
        }
        var taken = reserve[best];
        reserve[best] = reserve[--reserved];
        return taken;
    }

    /** The longest context that any candidate has for the model, as a filter found it. */
    void longestContext(int tokens) {
        longestContext = tokens;
    }

    int longestContext() {
        return longestContext;
    }

    /** By its estimated length the prompt fits no candidate. */
    void overContext() {
        overContext = true;
    }

    /** Whether by its estimated length the prompt fits no candidate. */
    boolean isOverContext() {
        return overContext;
    }

    /** Says whether candidates are among those left that look dead. */
    void healthIgnored(boolean ignored) {
        healthIgnored = ignored;
    }

    /** Whether candidates are among those left that look dead, because too few others are. */
    public boolean healthIgnored() {
        return healthIgnored;
    }

    /** Whether the candidate's metrics are young enough to count. */
    public boolean fresh(int place) {
        return candidates[place].stats().ageNanos(nowNanos) <= freshNanos;
    }

    /** Sequences that wait at the candidate by its fresh metrics; 0 where they do not tell. */
    public double waiting(int place) {
        var endpoint = candidates[place];
        int told = fresh(place) ? endpoint.stats().waiting() : -1;
        return Math.max(told, 0);
    }

    /** Sequences at the candidate, waiting or running: by its fresh metrics, and at least our own in flight. */
    public double sequences(int place) {
        EndpointLoad load = candidates[place].load();
        var stats = candidates[place].stats();
        double told = fresh(place) ? Math.max(0, stats.running()) + (double) Math.max(0, stats.waiting()) : 0;
        return Math.max(told, load.requests());
    }

    /** For scorers and pickers: a scratch array over places. */
    double[] scores() {
        return scores;
    }

    /** For pickers: the weighted sums over places. */
    double[] totals() {
        return totals;
    }

    /** For pickers: places, best first, as far as the picker orders them. */
    int[] order() {
        return order;
    }

    /** Seconds to the first token that a time model predicted, over places; NaN where none did. */
    double[] predicted() {
        return predicted;
    }
}
