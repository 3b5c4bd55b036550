package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.PoolSnapshot;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that are left to choose from, at places 0 to {@link #size} - 1, and arrays over the same places. What each
 * one's metrics said last is read once, so that all of a decision sees the same page. Those that were put behind the others stand in reserve: they are no candidates, but fallbacks when those give out. Reused from
 * decision to decision; grows with the pool and allocates nothing else.
 */
abstract sealed class Candidates permits SchedulingContext {
    private Endpoint[] endpoints = new Endpoint[0];
    private EngineStats[] pages = new EngineStats[0];
    private int size;
    private Endpoint[] reserve = new Endpoint[0];
    private int reserved;
    private double[] scores = new double[0];
    private double[] totals = new double[0];
    private double[] predicted = new double[0];
    private double[] spare = new double[0];
    private int[] order = new int[0];
    /** By ordinal: the last start in which the endpoint was named. */
    private int[] named = new int[0];

    private int start;

    /**
     * Starts over.
     *
     * @param subset the only {@code ip:port} that may be chosen; null for all
     */
    void start(PoolSnapshot pool, @Nullable List<String> subset) {
        reserved = 0;
        size = 0;
        room(pool.size());
        if (subset != null) {
            take(pool, subset);
            return;
        }
        size = pool.size();
        pool.copy(endpoints);
        for (int i = 0; i < size; i++) {
            pages[i] = endpoints[i].stats();
        }
    }

    private void take(PoolSnapshot pool, List<String> subset) {
        if (named.length < pool.slots()) {
            named = new int[Math.max(pool.slots(), 2 * named.length)];
            start = 0;
        }
        start++;
        for (int i = 0; i < subset.size(); i++) {
            var endpoint = pool.byHostPort(subset.get(i));
            // a gateway may name one twice
            if (endpoint != null && named[endpoint.ordinal()] != start) {
                named[endpoint.ordinal()] = start;
                pages[size] = endpoint.stats();
                endpoints[size++] = endpoint;
            }
        }
    }

    private void room(int needed) {
        if (endpoints.length < needed) {
            int room = Math.max(needed, 2 * endpoints.length);
            endpoints = new Endpoint[room];
            pages = new EngineStats[room];
            scores = new double[room];
            totals = new double[room];
            predicted = new double[room];
            order = new int[room];
        }
    }

    /** Forgets endpoints and pages, so that those of a removed one are not held by an idle thread. */
    void forget() {
        Arrays.fill(endpoints, null);
        Arrays.fill(pages, null);
        Arrays.fill(reserve, null);
        reserved = 0;
        size = 0;
    }

    /** Candidates left. */
    public int size() {
        return size;
    }

    public Endpoint candidate(int place) {
        return endpoints[place];
    }

    /** What the candidate's metrics said last, as of the start. */
    public EngineStats page(int place) {
        return pages[place];
    }

    /** Keeps the candidates that pass; order is kept. */
    public void retain(Predicate<Endpoint> test) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (test.test(endpoints[i])) {
                keep(i, kept++);
            }
        }
        size = kept;
    }

    private void keep(int from, int to) {
        if (from != to) {
            endpoints[to] = endpoints[from];
            pages[to] = pages[from];
        }
    }

    /** Keeps the candidates whose place passes; order is kept. */
    void retainPlaces(IntPredicate test) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (test.test(i)) {
                keep(i, kept++);
            }
        }
        size = kept;
    }

    /** Keeps the candidates that pass, and the others in reserve; order is kept. */
    void prefer(Predicate<Endpoint> test) {
        if (reserve.length < reserved + size) {
            reserve = Arrays.copyOf(reserve, reserved + endpoints.length);
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (test.test(endpoints[i])) {
                keep(i, kept++);
            } else {
                reserve[reserved++] = endpoints[i];
            }
        }
        size = kept;
    }

    /** Endpoints in reserve. */
    int reserved() {
        return reserved;
    }

    /** The endpoint in reserve of the greatest value, which leaves it; there must be one. */
    Endpoint takeReserve(ToIntFunction<Endpoint> value) {
        int best = 0;
        for (int i = 1; i < reserved; i++) {
            if (value.applyAsInt(reserve[i]) > value.applyAsInt(reserve[best])) {
                best = i;
            }
        }
        var taken = reserve[best];
        reserve[best] = reserve[--reserved];
        return taken;
    }

    /** For scorers and pickers: a scratch array over places. */
    double[] scores() {
        return scores;
    }

    /** For scorers: another scratch array over places. */
    double[] spare() {
        if (spare.length < endpoints.length) {
            spare = new double[endpoints.length];
        }
        return spare;
    }

    /** For pickers: the weighted sums over places. */
    double[] totals() {
        return totals;
    }

    /** Seconds to the first token that a time model predicted, over places; NaN where none did. */
    double[] predicted() {
        return predicted;
    }

    /** For pickers: places, best first, as far as the picker orders them. */
    int[] order() {
        return order;
    }
}
