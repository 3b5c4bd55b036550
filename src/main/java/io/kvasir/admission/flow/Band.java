package io.kvasir.admission.flow;

import io.kvasir.metric.LatencyBuckets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Requests of one priority. What waits is guarded by the lock of the queue; the rest may be touched by any thread. */
final class Band {
    /** How exactly it is known when a band was last asked, in ns. */
    private static final long ASKED_STEP = 1_000_000_000;

    private final int priority;
    private volatile BandSettings settings;
    private volatile double weight = 1;
    private volatile long askedNanos;
    private volatile Demands above = Demands.NONE;
    private volatile Demands modest = Demands.NONE;
    private volatile Demands aboveAndModest = Demands.NONE;
    private volatile Demands aboveAndAll = Demands.NONE;
    private final Map<String, Tenant> tenants = new ConcurrentHashMap<>();
    private final List<Lane> lanes = new ArrayList<>();
    private final DrainRate drain = new DrainRate();
    private final LatencyBuckets waits = LatencyBuckets.ofWaits();
    private final LatencyBuckets verdicts = LatencyBuckets.ofDecisions();
    private final LongAdder letIn = new LongAdder();
    private final AtomicLong inFlight = new AtomicLong();
    private final LongAdder evicted = new LongAdder();
    private @Nullable Held oldest;
    private @Nullable Held newest;
    private int waiting;
    private long bytes;
    private long tokens;
    private double virtual;
    private long held;
    private long letGo;
    private long promoted;
    private long saturated;
    private long expired;
    private long noEndpoint;
    private long left;
    private long longestNanos;

    Band(int priority, BandSettings settings, long nowNanos) {
        this.priority = priority;
        this.settings = settings;
        askedNanos = nowNanos;
    }

    int priority() {
        return priority;
    }

    BandSettings settings() {
        return settings;
    }

    void settings(BandSettings next) {
        settings = next;
    }

    /** Share of service beside other bands. */
    double weight() {
        return weight;
    }

    void weight(double next) {
        weight = next;
    }

    /** A request of it asks now. */
    void asked(long nowNanos) {
        if (nowNanos - askedNanos > ASKED_STEP) {
            askedNanos = nowNanos;
        }
    }

    /** When one asked last, give or take a second. */
    long askedNanos() {
        return askedNanos;
    }

    /**
     * What is asked for by those that matter more than some of its requests; see {@link Precedence}.
     *
     * @param higher what higher bands ask for
     * @param ofModest what its own tenants ask for that were served no more than their share
     * @param both what these ask for together
     * @param all what higher bands and all of its own tenants ask for
     */
    void mattersMore(Demands higher, Demands ofModest, Demands both, Demands all) {
        above = higher;
        modest = ofModest;
        aboveAndModest = both;
        aboveAndAll = all;
    }

    /** It is new, and next below that one. */
    void below(Band higher) {
        above = higher.aboveAndAll;
        aboveAndModest = above;
        aboveAndAll = above;
    }

    /** What higher bands ask for. */
    Demands above() {
        return above;
    }

    /** What its own tenants ask for that were served no more than their share. */
    Demands modest() {
        return modest;
    }

    Demands aboveAndModest() {
        return aboveAndModest;
    }

    Map<String, Tenant> tenants() {
        return tenants;
    }

    List<Lane> lanes() {
        return lanes;
    }

    DrainRate drain() {
        return drain;
    }

    /** One was let in at once. */
    void letIn() {
        letIn.increment();
    }

    AtomicLong inFlight() {
        return inFlight;
    }

    /** One was asked to make room. */
    void evicted() {
        evicted.increment();
    }

    /** The one whose turn came first; null where none waits. */
    @Nullable
    Held oldest() {
        return oldest;
    }

    int waiting() {
        return waiting;
    }

    /** Whether any came before now that still waits; who has just come may be served at once. */
    boolean waits(long nowNanos) {
        var one = oldest;
        while (one != null && nowNanos - one.heldNanos() <= 0) {
            one = one.newer;
        }
        return one != null;
    }

    long bytes() {
        return bytes;
    }

    long tokens() {
        return tokens;
    }

    /** What it was served over its weight. */
    double virtual() {
        return virtual;
    }

    void virtual(double value) {
        virtual = value;
    }

    /** The lane of that kind, made where there is none. */
    Lane lane(Fit fit) {
        for (var lane : lanes) {
            if (lane.fit() == fit) {
                return lane;
            }
        }
        var lane = new Lane(fit);
        lanes.add(lane);
        return lane;
    }

    /** One begins to wait. */
    void add(Held request, long nowNanos) {
        drain.pass(waiting > 0, nowNanos);
        held++;
        waiting++;
        drain.pass(true, nowNanos);
        bytes += request.bytes();
        tokens += request.promptTokens();
        var before = newest;
        while (before != null && before.orderNanos() - request.orderNanos() > 0) {
            before = before.older;
        }
        request.older = before;
        var after = before == null ? oldest : before.newer;
        request.newer = after;
        if (before == null) {
            oldest = request;
        } else {
            before.newer = request;
        }
        if (after == null) {
            newest = request;
        } else {
            after.older = request;
        }
    }

    /** One does not wait any longer. */
    void remove(Held request, long nowNanos) {
        waiting--;
        bytes -= request.bytes();
        tokens -= request.promptTokens();
        drain.pass(waiting > 0, nowNanos);
        longestNanos = Math.max(longestNanos, nowNanos - request.heldNanos());
        var before = request.older;
        var after = request.newer;
        if (before == null) {
            oldest = after;
        } else {
            before.newer = after;
        }
        if (after == null) {
            newest = before;
        } else {
            after.older = before;
        }
        request.older = null;
        request.newer = null;
    }

    void letGo(Held request, boolean byAge, long nowNanos) {
        letGo++;
        promoted += byAge ? 1 : 0;
        drain.letGo(request.cost());
        waits.record(nowNanos - request.heldNanos());
    }

    /** Whether a request may be let in was decided in that time. */
    void decided(long nanos) {
        verdicts.record(nanos);
    }

    void saturated() {
        saturated++;
    }

    void expired(boolean poolEmpty) {
        if (poolEmpty) {
            noEndpoint++;
        } else {
            expired++;
        }
    }

    void left() {
        left++;
    }

    QueueSnapshot.Band snapshot(long nowNanos) {
        drain.pass(waiting > 0, nowNanos);
        double oldestSeconds = 0;
        for (var one = oldest; one != null; one = one.newer) {
            oldestSeconds = Math.max(oldestSeconds, (nowNanos - one.heldNanos()) * 1e-9);
        }
        return new QueueSnapshot.Band(
                priority,
                settings,
                waiting,
                bytes,
                tokens,
                inFlight.get(),
                oldestSeconds,
                longestNanos * 1e-9,
                letIn.sum(),
                held,
                letGo,
                promoted,
                saturated,
                expired,
                noEndpoint,
                left,
                evicted.sum(),
                drain.requestsPerSecond(),
                waits,
                verdicts);
    }
}
