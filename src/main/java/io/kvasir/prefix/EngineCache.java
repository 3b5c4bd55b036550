package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import org.jspecify.annotations.Nullable;

/**
 * What one rank of an engine holds, by its own word. What it says is to be told in its order, by one thread at a time. Made
 * by {@link PreciseView#cache}.
 */
public final class EngineCache {
    private static final int NONE = TierLanes.NONE;
    private static final int[] NOBODY = {};

    private final PreciseView view;
    private final EventIndex index;
    private final long tenancy;
    private final int rank;
    private final AdapterHashes adapters;
    private final TierLanes lanes;
    private long[] keys = new long[64];
    private int space = NONE;
    private int blockSize;
    /** What its blocks are said to be until it tells of one; 0 for unknown. */
    private volatile int expected;

    private long added;
    /** As the caller knows it; 0 for unknown, -1 where that was wrong. */
    private int hashing;

    private @Nullable FineBlocks fine;
    private final RankGroups groups;

    private volatile String model;
    private boolean closed;
    /** Whether there is no such rank now, as far as is known. */
    private volatile boolean absent;
    /** When it was last known to be another process's, or began to be followed. With its own lock. */
    private long anewAt;

    /**
     * @param aliases whether blocks of different adapters may have one hash
     */
    EngineCache(PreciseView view, EventIndex index, long tenancy, int rank, String model, boolean aliases) {
        this.view = view;
        this.index = index;
        this.tenancy = tenancy;
        this.rank = rank;
        this.model = model;
        adapters = new AdapterHashes(aliases);
        lanes = new TierLanes(index);
        groups = new RankGroups(index);
        anewAt = view.now();
    }

    /** The model by whose name requests ask for what has no adapter. */
    public void model(String name) {
        model = name;
    }

    /**
     * How the engine hashes is known: caches of which the same is said hash alike. Counts until it has told of a block.
     *
     * @param how a number of the caller's for that way, from 1
     */
    public void hashesAs(int how) {
        if (hashing == 0) {
            hashing = how;
        }
    }

    /** Whether it is known whom it hashes like. */
    public boolean hashingKnown() {
        return hashing != 0 || space != NONE;
    }

    /**
     * How large its blocks are by somebody else's word, which counts until it tells of one.
     *
     * @param tokens as the engine's metrics page says; not positive for unknown
     */
    public void expects(int tokens) {
        int taken = isFollowed(tokens) ? tokens : 0;
        if (taken != expected) {
            expected = taken;
            view.changed(tenancy);
        }
    }

    private static boolean isFollowed(int size) {
        return size > 0
                && size <= KeyScheme.MAX_BLOCK_TOKENS
                && (size % TokenKeys.FINEST == 0 || TokenKeys.FINEST % size == 0);
    }

    /** Of the endpoint; see {@link Tenancy}. */
    public long tenancy() {
        return tenancy;
    }

    /** Data-parallel rank. */
    public int rank() {
        return rank;
    }

    /** Tokens of its blocks; 0 before it told. */
    public int blockSize() {
        return blockSize;
    }

    /**
     * Blocks of {@link #measure} tokens that were stored in the accelerator's memory and not held before, all together; not
     * more than there were.
     */
    public long added() {
        return added;
    }

    /** Tokens of a block as {@link #added} counts them; 0 before it told. */
    public int measure() {
        return blockSize == 0 ? 0 : Math.max(blockSize, TokenKeys.FINEST);
    }

    /** It holds blocks from now on; to be told again changes nothing. */
    public StoredOutcome stored(StoredBlocks blocks) {
        if (blocks.count() == 0) {
            return StoredOutcome.STORED;
        }
        var outcome = index.change(
                () -> {
                    long before = index.held();
                    var stored = store(blocks);
                    if (blocks.tier() == CacheTier.GPU) {
                        // a lane for all tiers has them too, if not before
                        added += (index.held() - before) / (lanes.any() == NONE ? 1 : 2);
                    }
                    return stored;
                },
                StoredOutcome.FULL);
        view.stored(tenancy);
        if (outcome == StoredOutcome.CONTRADICTION) {
            hashing = -1;
            cleared();
        }
        return outcome;
    }

    /**
     * A group of layers that are not those of {@link #stored(StoredBlocks)} holds blocks from now on; to be told again changes
     * nothing. What the other layers stored at the same time is to be told before.
     *
     * @return {@link StoredOutcome#ODD} where such blocks are not followed
     */
    public StoredOutcome stored(LayerGroup group, StoredBlocks blocks) {
        var outcome = blocks.count() == 0
                ? StoredOutcome.STORED
                : index.change(() -> store(group, blocks), StoredOutcome.FULL);
        view.stored(tenancy);
        return outcome;
    }

    private StoredOutcome store(LayerGroup group, StoredBlocks blocks) {
        if (closed) {
            return StoredOutcome.STORED;
        }
        return adapters.aliases() || fine != null
                ? StoredOutcome.ODD
                : groups.store(
                        group, blocks, blockSize, space, scheme -> root(blocks, scheme), () -> view.changed(tenancy));
    }

    /**
     * A group of other layers holds blocks no more.
     *
     * @param group its number
     * @return those that were not known to be held
     */
    public int removed(int group, CacheTier tier, long[] hashes, int count) {
        view.removes(tenancy);
        return index.change(() -> closed ? count : groups.remove(group, tier, hashes, count), count);
    }

    private StoredOutcome store(StoredBlocks blocks) {
        if (closed) {
            return StoredOutcome.STORED;
        }
        if (blocks.tokenCount() == 0) {
            if (firstOf(blocks.tier())) {
                view.changed(tenancy);
            }
            int unknown = space == NONE
                    ? blocks.count()
                    : index.storeKnown(space, lanes.of(blocks.tier()), lanes.any(), blocks.hashes(), blocks.count());
            return unknown == 0 ? StoredOutcome.STORED : StoredOutcome.ORPHAN;
        }
        int size = blocks.blockSize();
        if (!isFollowed(size)
                || (long) size * blocks.count() != blocks.tokenCount()
                || blockSize != 0 && blockSize != size
                || !adapters.tells(blocks.adapter())) {
            return StoredOutcome.ODD;
        }
        boolean otherwise = firstOf(blocks.tier());
        int lane = lanes.of(blocks.tier());
        if (blockSize == 0) {
            blockSize = size;
            fine = size % TokenKeys.FINEST == 0 ? null : new FineBlocks(index, size);
            groups.beside(size);
            if (fine != null) {
                view.small(tenancy);
            }
            otherwise = true;
        }
        if (otherwise) {
            view.changed(tenancy);
        }
        long root = root(blocks, scheme());
        var small = fine;
        if (small != null) {
            // of blocks this small only the nearest tier is followed
            return blocks.tier() == CacheTier.GPU ? small.store(root, lane, blocks) : StoredOutcome.STORED;
        }
        if (keys.length < blocks.count()) {
            keys = new long[Math.max(blocks.count(), 2 * keys.length)];
        }
        if (space == NONE) {
            join(root, blocks);
        }
        var stored = index.store(
                root,
                space,
                lane,
                lanes.any(),
                blocks.hasParent(),
                adapters.of(blocks.parent(), blocks.adapter()),
                adapters.of(blocks),
                blocks.count(),
                (before, from) -> keys(blocks, before, from));
        return switch (stored) {
            case STORED -> StoredOutcome.STORED;
            case ORPHAN -> StoredOutcome.ORPHAN;
            case FULL -> StoredOutcome.FULL;
            case DISAGREEING -> StoredOutcome.CONTRADICTION;
        };
    }

    private long root(StoredBlocks blocks, KeyScheme.Tokens scheme) {
        String name = blocks.adapter() == null ? model : blocks.adapter();
        return PreciseView.root(PrefixNamespace.of(name, null, blocks.salt()), scheme);
    }

    /** How prompts are keyed to be looked for here. */
    KeyScheme.Tokens scheme() {
        return scheme(blockSize);
    }

    /** How prompts are keyed to be looked for in blocks of so many tokens. */
    static KeyScheme.Tokens scheme(int size) {
        return size % TokenKeys.FINEST == 0 ? new KeyScheme.Tokens(size) : KeyScheme.Tokens.FINEST;
    }

    private long[] keys(StoredBlocks blocks, long before, int from) {
        long key = before;
        int size = blocks.blockSize();
        long[] extras = blocks.extras();
        for (int i = from; i < blocks.count(); i++) {
            key = TokenKeys.behind(key, blocks.tokens(), i * size, (i + 1) * size);
            if (extras != null) {
                key = TokenKeys.with(key, extras[i]);
            }
            keys[i] = key;
        }
        return keys;
    }

    /** Whether nothing was told of that tier before; it has a lane from now on. */
    private boolean firstOf(CacheTier tier) {
        boolean first = lanes.of(tier) == NONE;
        if (first) {
            lanes.take(tier);
        }
        return first;
    }

    /** Whoever knows the first block by the same hash hashes alike. */
    private void join(long root, StoredBlocks blocks) {
        int known = blocks.hasParent()
                ? NONE
                : index.spaceOf(root, keys(blocks, TokenKeys.SEED, 0)[0], adapters.of(blocks)[0]);
        space = view.spaces().joined(known, hashing);
    }

    /**
     * It holds blocks no more.
     *
     * @return those that were not known to be held
     */
    public int removed(CacheTier tier, long[] hashes, int count) {
        view.removes(tenancy);
        return index.change(() -> remove(tier, hashes, count), count);
    }

    private int remove(CacheTier tier, long[] hashes, int count) {
        int lane = lanes.of(tier);
        if (closed || lane == NONE) {
            return count;
        }
        if (fine != null) {
            return tier == CacheTier.GPU ? fine.remove(lane, hashes, count) : 0;
        }
        if (space == NONE) {
            return count;
        }
        int unknown = remove(space, lane, hashes, count);
        for (long mark : adapters.marks()) {
            unknown = Math.min(unknown, remove(space, lane, AdapterHashes.of(mark, hashes, count), count));
        }
        return unknown;
    }

    private int remove(int ofSpace, int lane, long[] hashes, int count) {
        int unknown = index.remove(ofSpace, lane, NOBODY, hashes, count);
        if (lanes.any() != NONE) {
            index.remove(ofSpace, lanes.any(), lanes.each(), hashes, count);
        }
        return unknown;
    }

    /** It holds nothing from now on, by its own word or because what it holds is no longer known. */
    public void cleared() {
        view.clears(tenancy);
        forget();
    }

    /**
     * Another process has the cache since a moment, by somebody else's word. Nothing changes where that was told here since
     * then, or where it is followed since later.
     */
    synchronized void clearedSince(long nanos) {
        if (anewAt - nanos < 0) {
            cleared();
            view.restarts(tenancy);
        }
    }

    /** Another process has the cache, which is empty, maybe of another model. */
    public synchronized void restarted() {
        anewAt = view.now();
        hashing = 0;
        view.restarts(tenancy);
        cleared();
        index.change(
                () -> {
                    groups.forget();
                    return true;
                },
                true);
        view.changed(tenancy);
    }

    private void forget() {
        int left = index.change(this::leave, NONE);
        index.clear(lanes.all(), left);
        if (left != NONE) {
            index.giveBack(NOBODY, left);
        }
        view.changed(tenancy);
    }

    private int leave() {
        var small = fine;
        if (small != null) {
            small.close();
        }
        fine = null;
        adapters.forget();
        blockSize = 0;
        groups.empty();
        int had = space;
        space = NONE;
        return view.spaces().left(had);
    }

    /** Whether its engine has no such rank any more, by somebody else's word: then it is not asked. */
    public void absent(boolean isAbsent) {
        absent = isAbsent;
        view.changed(tenancy);
    }

    /** It is not followed any more. */
    public void close() {
        boolean first = index.change(
                () -> {
                    boolean was = closed;
                    closed = true;
                    return !was;
                },
                false);
        if (first) {
            forget();
            index.change(
                    () -> {
                        groups.forget();
                        return true;
                    },
                    true);
            view.closed(this);
            index.giveBack(lanes.all(), NONE);
        }
    }

    /** Null where it is not looked up: it is not followed any more. */
    @Nullable
    CacheLookup lookup() {
        int ordinal = Tenancy.ordinal(tenancy);
        if (closed || absent) {
            return null;
        }
        var others = groups.blocks();
        var limits = others == null ? null : others.blocks();
        if (blockSize == 0 && others != null && others.mainSize() == 0) {
            var grain = new KeyScheme.Tokens(others.blocks().grain(0));
            return new CacheLookup(ordinal, grain.blockTokens(), others.scheme(), NONE, NONE, true, limits, grain);
        }
        if (blockSize == 0) {
            // it has told of none
            int size = expected == 0 ? TokenKeys.FINEST : expected;
            return new CacheLookup(ordinal, size, scheme(size), NONE, NONE, true, null, scheme(size));
        }
        var grain = limits == null ? scheme() : new KeyScheme.Tokens(limits.grain(blockSize));
        return new CacheLookup(
                ordinal, blockSize, scheme(), lanes.of(CacheTier.GPU), lanes.any(), lanes.hasHost(), limits, grain);
    }

    @Override
    public String toString() {
        return "rank " + rank + " of " + tenancy + ", lanes " + lanes;
    }
}
