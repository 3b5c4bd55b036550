package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What is known of one endpoint whose engine tells what it holds. From any thread. */
final class FollowedEndpoint {
    /** Requests that must have brought new blocks, with no block told of since, before an endpoint counts as silent. */
    static final int SILENT_AFTER = 8;

    /** Of a request that is taken to have brought new blocks. */
    static final int UNPROVEN_WEIGHT = 1;

    /** Of one of which the engine says so. */
    static final int PROVEN_WEIGHT = 8;

    private static final CacheLookup[] NO_RANKS = {};

    private final long tenancy;
    private final PathLookup lookup;
    private final Blindness blindness = new Blindness();
    private final SentPaths paths;
    /** Weight of the requests that must have brought new blocks since the last that was told of. */
    private final AtomicInteger unheard = new AtomicInteger();

    /** How often it has told that its cache was emptied, and of blocks that went. */
    private final AtomicInteger clears = new AtomicInteger();

    private final AtomicInteger removals = new AtomicInteger();
    /** How many of them were of a process before. */
    private volatile int formerRemovals;

    /** How often it has told of blocks that it holds; counted by the thread that hears it. */
    private final AtomicInteger stores = new AtomicInteger();
    /** Requests that are there. */
    private final AtomicInteger present = new AtomicInteger();

    private volatile float coverage;
    private volatile boolean small;
    private volatile CacheLookup[] ranks = NO_RANKS;

    FollowedEndpoint(long tenancy, PathLookup lookup, Speculation speculation) {
        this.tenancy = tenancy;
        this.lookup = lookup;
        paths = new SentPaths(speculation, Tenancy.ordinal(tenancy), this::told, blindness);
    }

    long tenancy() {
        return tenancy;
    }

    Blindness blindness() {
        return blindness;
    }

    /** What was sent there and not told of yet. */
    SentPaths paths() {
        return paths;
    }

    /** How much of its history is known, 0 to 1. */
    float coverage() {
        return coverage;
    }

    void covered(float share) {
        coverage = share;
    }

    /**
     * What a request found when it came.
     *
     * @param shared whether others were there
     * @param untold whether prompts had been sent there that were not told of yet
     */
    record Request(int clears, int removals, int stores, boolean shared, boolean untold) {}

    /** A request comes, before its path is {@linkplain SentPaths#sent sent}; {@link #end} is called once for it. */
    Request begin() {
        return new Request(clears.get(), removals.get(), stores.get(), present.getAndIncrement() > 0, paths.any());
    }

    void end() {
        present.decrementAndGet();
    }

    /** What has happened since a request came. */
    Prediction.Meanwhile since(Request request) {
        int gone = removals.get();
        return new Prediction.Meanwhile(
                clears.get() != request.clears,
                gone != request.removals,
                request.shared,
                gone != formerRemovals,
                request.untold);
    }

    /** It tells of blocks that are gone. */
    void removing() {
        removals.incrementAndGet();
        paths.removing();
    }

    /** Nothing of what it held is there, or is known to be. */
    void cleared() {
        clears.incrementAndGet();
        paths.forget();
    }

    /** Another process has the cache, which has evicted nothing yet. */
    void restarted() {
        formerRemovals = removals.get();
    }

    /** It has told of blocks that it holds. */
    void stored() {
        paths.stored();
        stores.setRelease(stores.getPlain() + 1);
        if (unheard.get() != 0) {
            unheard.set(0);
        }
    }

    /**
     * A request must have brought new blocks, which proves something where none were told of since it came: others that end
     * with it had theirs told before. Counted until it is enough, so that it never wraps.
     */
    void computed(int weight, Request request) {
        if (stores.get() == request.stores && !isSilent()) {
            unheard.addAndGet(weight);
        }
    }

    /** It is listened to from now on: what it told before was not heard. */
    void listened() {
        unheard.set(0);
    }

    /** Whether it computes new blocks and tells of none. */
    boolean isSilent() {
        return unheard.get() >= SILENT_AFTER * PROVEN_WEIGHT;
    }

    /** How its ranks are looked up from now on. */
    void ranks(CacheLookup[] all) {
        ranks = all;
    }

    /** Whether it has blocks of fewer tokens than it is asked by. */
    boolean isSmall() {
        return small;
    }

    void small() {
        small = true;
    }

    /** Whether it has layers that do not attend to everything, whose blocks come and go otherwise. */
    boolean hasGroups() {
        for (CacheLookup rank : ranks) {
            if (rank.groups() != null) {
                return true;
            }
        }
        return false;
    }

    /** Whether it has no other layers, as far as it has told. */
    boolean ofGroupsOnly() {
        for (CacheLookup rank : ranks) {
            if (rank.ofGroupsOnly()) {
                return true;
            }
        }
        return false;
    }

    /** How prompts are keyed for it; null where none of its ranks is followed. */
    KeyScheme.@Nullable Tokens scheme() {
        var all = ranks;
        return all.length == 0 ? null : all[0].scheme();
    }

    /** It is gone. */
    void left() {
        coverage = 0;
        ranks = NO_RANKS;
        paths.forget();
    }

    /** Leading blocks of a path that any of its ranks told of; -1 where that cannot be said now. */
    private int told(long root, long[] keys, int blocks) {
        var room = lookup.told(root, keys, blocks);
        if (room == null) {
            return -1;
        }
        int most = 0;
        for (CacheLookup rank : ranks) {
            most = Math.max(most, PathLookup.blocks(rank.gpu(), room.byLane));
            most = Math.max(most, PathLookup.blocks(rank.any(), room.byLane));
        }
        return most;
    }
}
