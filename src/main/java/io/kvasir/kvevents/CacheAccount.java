package io.kvasir.kvevents;

import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEvent;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.EngineCache;
import io.kvasir.prefix.LayerGroup;
import io.kvasir.prefix.LayerGroup.Reach;
import io.kvasir.prefix.StoredBlocks;
import io.kvasir.prefix.StoredOutcome;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Applies one rank's events to what is known of its cache, and keeps account of what is wrong with that. A batch is read
 * twice where the model has several groups of layers: first for those that attend to everything, then for the others, whose
 * blocks are named by theirs. By one thread.
 */
final class CacheAccount {
    /** Blocks taken for a whole cache of unknown size. */
    private static final long UNKNOWN_BLOCKS = 4_096;

    /** Groups of layers that are told apart; a model with more is not followed. */
    static final int MOST_GROUPS = 64;

    private final EngineCache cache;
    private final EventCounts counts;
    private final long kvTokens;
    private final Map<Integer, LayerGroup> groups = new HashMap<>();
    /** How the engine hashes by its own word; null for untold. */
    private @Nullable HashScheme scheme;

    private boolean mainKnown;
    private int mainGroup;
    private boolean others;
    /** Clears that the batch told of and the second reading has not come to. */
    private int clears;

    private boolean stale;
    private boolean partial;
    private boolean unknown;
    private long addedWhenLost;
    private long blocksWhenLost;

    /** @param kvTokens that the engine's cache holds; 0 for unknown */
    CacheAccount(EngineCache cache, EventCounts counts, long kvTokens) {
        this.cache = cache;
        this.counts = counts;
        this.kvTokens = kvTokens;
    }

    EngineCache cache() {
        return cache;
    }

    /** What is known is worth so much, as far as events that came go. */
    EventState state() {
        return unknown
                ? EventState.UNKNOWN_GROUPS
                : stale ? EventState.UNCERTAIN : partial ? EventState.PARTIAL : EventState.COMPLETE;
    }

    /** How its engine hashes, by that engine's own word; null for untold. */
    void hashes(@Nullable HashScheme by) {
        scheme = by;
    }

    /** Another process has the cache, which is empty. */
    void restarted() {
        cache.restarted();
        certain();
        groups.clear();
        mainKnown = false;
    }

    private void certain() {
        stale = false;
        partial = false;
        unknown = false;
    }

    /** Events before any that was heard are gone for good. */
    void beginningLost() {
        partial = true;
        untilTurnedOver();
    }

    /** Events are gone for good, or could not be read: blocks may be believed in that are gone. */
    void lost() {
        stale = true;
        untilTurnedOver();
    }

    /** What is wrong now is wrong until as many blocks have come as the cache holds. */
    private void untilTurnedOver() {
        addedWhenLost = cache.added();
        blocksWhenLost = cache.measure() == 0 || kvTokens == 0 ? UNKNOWN_BLOCKS : kvTokens / cache.measure();
    }

    /** A batch begins. */
    void begin() {
        others = false;
        clears = 0;
    }

    /** Whether the batch told of groups of layers that it is to be read again for. */
    boolean toldOfOthers() {
        return others;
    }

    /** An event of a batch that is read for the first time. */
    void first(KvEvent event) {
        counts.event(event.kind());
        switch (event.kind()) {
            case CLEARED -> {
                cache.cleared();
                certain();
                clears++;
            }
            case REMOVED -> {
                if (!groups.containsKey(event.group()) && isMain(event)) {
                    counts.removed(event.count());
                    cache.removed(tier(event), event.hashes(), event.count());
                }
                others |= event.group() >= 0 && !(mainKnown && event.group() == mainGroup);
            }
            case STORED -> {
                if (!groups.containsKey(event.group()) && attendsToAll(event) && isMain(event)) {
                    stored(event);
                } else {
                    others = true;
                }
            }
        }
    }

    private static boolean attendsToAll(KvEvent event) {
        return event.layers() == KvEvent.Layers.ALL || event.layers() == KvEvent.Layers.UNTOLD;
    }

    private boolean isMain(KvEvent event) {
        return event.group() < 0 || !mainKnown || mainGroup < 0 || event.group() == mainGroup;
    }

    /** An event of a batch that is read for the second time. */
    void second(KvEvent event) {
        switch (event.kind()) {
            case CLEARED -> clears--;
            case REMOVED -> {
                if (clears == 0 && groups.containsKey(event.group())) {
                    counts.removed(event.count());
                    cache.removed(event.group(), tier(event), event.hashes(), event.count());
                }
            }
            case STORED -> {
                // what comes before a clear is gone
                if (clears == 0) {
                    storedByOthers(event);
                }
            }
        }
    }

    private void stored(KvEvent event) {
        if (event.tokenCount() > 0 && (!mainKnown || mainGroup < 0)) {
            mainKnown = true;
            mainGroup = event.group();
        }
        if (!cache.hashingKnown() && !event.hasParent()) {
            cache.hashesAs(KnownHashing.of(event, scheme));
        }
        stored(blocks(event));
    }

    /** Layers that attend to everything stored blocks. */
    void stored(StoredBlocks blocks) {
        var outcome = cache.stored(blocks);
        counts.stored(outcome, blocks.count());
        if (outcome == StoredOutcome.STORED) {
            if ((stale || partial) && cache.added() - addedWhenLost >= blocksWhenLost) {
                // all that was missed has made room for what was heard
                stale = false;
                partial = false;
            }
        } else if (outcome == StoredOutcome.ODD && cache.blockSize() == 0) {
            // blocks of that size are not followed, whatever comes
            stale = true;
            blocksWhenLost = Long.MAX_VALUE;
        } else if (outcome == StoredOutcome.CONTRADICTION || outcome == StoredOutcome.FULL) {
            beginningLost();
        }
    }

    private void storedByOthers(KvEvent event) {
        var group = groups.get(event.group());
        if (group == null) {
            if (attendsToAll(event) && isMain(event)) {
                return;
            }
            group = groups.size() < MOST_GROUPS ? group(event) : null;
            if (group != null) {
                groups.put(event.group(), group);
            }
        } else if (event.layers() != KvEvent.Layers.UNTOLD && !group.equals(group(event))) {
            group = null;
        }
        stored(group, blocks(event));
    }

    /** Other layers stored blocks; null for such of which it is not known what they need. */
    void stored(@Nullable LayerGroup group, StoredBlocks blocks) {
        var outcome = group == null ? StoredOutcome.ODD : cache.stored(group, blocks);
        counts.stored(outcome, blocks.count());
        switch (outcome) {
            case STORED -> {}
            case ODD -> unknownGroup();
            case ORPHAN, FULL, CONTRADICTION -> beginningLost();
        }
    }

    /** There is a group of layers that cannot be followed. */
    void unknownGroup() {
        unknown = true;
        counts.unknownGroup();
    }

    /** Null for layers whose needs are not known, or whose removals would not be told from others'. */
    private static @Nullable LayerGroup group(KvEvent event) {
        if (event.group() < 0) {
            return null;
        }
        return switch (event.layers()) {
            case ALL -> new LayerGroup(event.group(), Reach.ALL, 0);
            case WINDOW -> event.window() > 0 ? new LayerGroup(event.group(), Reach.WINDOW, event.window()) : null;
            case STATE -> new LayerGroup(event.group(), Reach.STATE, 0);
            case UNTOLD, UNKNOWN -> null;
        };
    }

    private static StoredBlocks blocks(KvEvent event) {
        return new StoredBlocks(
                tier(event),
                event.hasParent(),
                event.parent(),
                event.hashes(),
                event.count(),
                event.tokens(),
                event.tokenCount(),
                event.blockSize(),
                event.adapter(),
                event.salt(),
                event.hasExtras() ? event.extras() : null);
    }

    private static CacheTier tier(KvEvent event) {
        return switch (event.medium()) {
            case GPU -> CacheTier.GPU;
            case CPU -> CacheTier.CPU;
            case STORAGE -> CacheTier.STORAGE;
        };
    }
}
