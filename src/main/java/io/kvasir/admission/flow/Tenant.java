package io.kvasir.admission.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One tenant in one band: what it was served of late, and its lines. It is charged on any thread; all else is guarded by
 * the lock of the queue.
 */
final class Tenant {
    /** Share of one request in what is known of how much of prompts is cached. */
    private static final double NEW_SHARE = 0.1;

    /** Models that are told apart at most; what it asks of others counts for all endpoints. */
    private static final int MOST_MODELS = 16;

    private final Band band;
    private final String id;
    private final long number;
    /** Tokens charged that {@link #service} does not have yet. */
    private final AtomicLong pending = new AtomicLong();

    private final AtomicLong served = new AtomicLong();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Map<String, ArrivalRate> asks = new ConcurrentHashMap<>();
    private volatile boolean over;
    private volatile double uncachedShare = 1;
    private final List<Line> lines = new ArrayList<>();
    private @Nullable Overtaking overtaking;
    private double service;
    private double virtual;
    private int waiting;
    private double waitingCost;
    private long lastWaitNanos = Long.MIN_VALUE;

    /** @param number in order of appearance */
    Tenant(Band band, String id, long number) {
        this.band = band;
        this.id = id;
        this.number = number;
    }

    Band band() {
        return band;
    }

    String id() {
        return id;
    }

    long number() {
        return number;
    }

    /** So many tokens more are on its account, or fewer. From any thread. */
    void charge(long tokens) {
        if (tokens != 0) {
            pending.getAndAdd(tokens);
        }
    }

    /** A request of its own ended that was served so many tokens. From any thread. */
    void served(long tokens) {
        served.getAndAdd(tokens);
    }

    long served() {
        return served.get();
    }

    /** That share of a prompt had to be computed. From any thread; what two write at once, one has written. */
    void uncached(double share) {
        double before = uncachedShare;
        uncachedShare = before + NEW_SHARE * (share - before);
    }

    /** Share of a prompt of its requests that has to be computed, as it was of late. */
    double uncachedShare() {
        return uncachedShare;
    }

    /** Its requests for a model that were let in; empty for those that name none. From any thread. */
    ArrivalRate asks(String model) {
        var known = asks.get(model);
        if (known == null && asks.size() >= MOST_MODELS) {
            known = asks.get("");
        }
        return known != null ? known : createAsks(model);
    }

    /** Forgets models that are not asked for any longer, where there is no place for others; see {@link Precedence}. */
    void forgetAsks() {
        if (asks.size() >= MOST_MODELS) {
            asks.values().removeIf(ArrivalRate::idle);
        }
    }

    private synchronized ArrivalRate createAsks(String model) {
        return asks.computeIfAbsent(asks.size() < MOST_MODELS ? model : "", _ -> new ArrivalRate());
    }

    /** The same of each model that it asked for of late. */
    Map<String, ArrivalRate> asks() {
        return asks;
    }

    /** Its requests a second that were let in, as of the last look. */
    double requestsPerSecond() {
        double sum = 0;
        for (var one : asks.values()) {
            sum += one.requestsPerSecond();
        }
        return sum;
    }

    /** What a request will have cost, as far as that is known before it is placed: in tokens that are computed, at least 1. */
    long expectedCost(long promptTokens, long outputTokens) {
        return Math.max(1, Math.round(uncachedShare * promptTokens) + outputTokens);
    }

    /** Whether it was served more than its share of late, so that others go before it; see {@link Precedence}. */
    boolean over() {
        return over;
    }

    void over(boolean now) {
        over = now;
    }

    /** Its requests that were let in and have not ended; counted on any thread. */
    AtomicInteger inFlight() {
        return inFlight;
    }

    /**
     * Counts what was charged.
     *
     * @param growth see {@link Decay#growth}
     * @return whether that was anything
     */
    boolean fold(double growth) {
        long charged = pending.get() == 0 ? 0 : pending.getAndSet(0);
        if (charged == 0) {
            return false;
        }
        serve(charged, growth);
        return true;
    }

    /** Counts so many tokens at once. */
    void serve(double tokens, double growth) {
        service = Math.max(0, service + tokens * growth);
    }

    /** All amounts are smaller from now on. */
    void rebase(double factor) {
        service *= factor;
    }

    /** What it was served, in tokens of the origin of {@link Decay}. */
    double service() {
        return service;
    }

    List<Line> lines() {
        return lines;
    }

    /** Its line for that kind; null for none. */
    @Nullable
    Line line(Fit fit) {
        for (var line : lines) {
            if (line.fit() == fit) {
                return line;
            }
        }
        return null;
    }

    /** The tag of the one that was served last: where who has no turn of its own begins. */
    double virtual() {
        return virtual;
    }

    void virtual(double tag) {
        virtual = Math.max(virtual, tag);
    }

    /** What comes to wait, by size. */
    Overtaking overtaking() {
        var known = overtaking;
        if (known == null) {
            known = new Overtaking();
            overtaking = known;
        }
        return known;
    }

    void waits(double cost, long nowNanos) {
        waiting++;
        waitingCost += cost;
        lastWaitNanos = nowNanos;
    }

    void waitsNot(double cost, long nowNanos) {
        waiting--;
        waitingCost = waiting == 0 ? 0 : waitingCost - cost;
        lastWaitNanos = nowNanos;
    }

    int waiting() {
        return waiting;
    }

    /** Tokens' worth of what waits. */
    double waitingCost() {
        return waitingCost;
    }

    /** When one of its requests waited last; {@link Long#MIN_VALUE} for never. */
    long lastWaitNanos() {
        return lastWaitNanos;
    }

    /** Whether nothing is left that refers to it. */
    boolean idle() {
        return waiting == 0 && inFlight.get() == 0;
    }
}
