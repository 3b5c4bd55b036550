package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one rank of an engine holds, by its own word. What it says is to be told in its order, by one thread at a time. Made
 * by {@link PreciseView#cache}.
 */
public final class EngineCache {
    private static final int NONE = -1;
    private static final int[] NOBODY = {};
    /** Adapters that share hashes with others and are told apart. */
    private static final int MOST_ADAPTERS = 1_024;

    private final PreciseView view;
    private final EventIndex index;
    private final long tenancy;
    private final int rank;
    private final boolean aliases;
    /** By tier; {@link #NONE} until it is told of. */
    private final int[] lanes = {NONE, NONE, NONE};

    private final Map<String, Long> marks = new HashMap<>();
    private long[] keys = new long[64];
    private int any = NONE;
    private int space = NONE;
    private int blockSize;
    /** What its blocks are said to be until it tells of one; 0 for unknown. */
    private volatile int expected;

    private long added;
    /** As the caller knows it; 0 for unknown, -1 where that was wrong. */
    private int hashing;

    private @Nullable FineBlocks fine;
    /** Of layers that do not attend to everything; null while there are none such. */
    private @Nullable HybridBlocks hybrid;

    private volatile String model;
    private boolean closed;
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
        this.aliases = aliases;
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
            view.changed();
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
                        added += (index.held() - before) / (any == NONE ? 1 : 2);
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
        if (aliases || fine != null) {
            return StoredOutcome.ODD;
        }
        var groups = hybrid;
        boolean made = groups == null;
        if (groups == null) {
            if (blocks.tokenCount() == 0) {
                return StoredOutcome.ORPHAN;
            }
            if (blockSize == 0 && !HybridBlocks.fits(blocks.blockSize())) {
                return StoredOutcome.ODD;
            }
            var scheme = blockSize == 0 ? new KeyScheme.Tokens(blocks.blockSize()) : scheme();
            groups = new HybridBlocks(index, scheme, blockSize);
            hybrid = groups;
        }
        int before = groups.blocks().grain(blockSize);
        var outcome = groups.store(group, blocks, root(blocks, groups.scheme()), space);
        if (made || groups.blocks().grain(blockSize) != before) {
            view.changed();
        }
        return outcome;
    }

    /**
     * A group of other layers holds blocks no more.
     *
     * @param group its number
     * @return those that were not known to be held
     */
    public int removed(int group, CacheTier tier, long[] hashes, int count) {
        view.removes(tenancy);
        return index.change(
                () -> {
                    var groups = hybrid;
                    return closed || groups == null ? count : groups.remove(group, tier, hashes, count);
                },
                count);
    }

    /** There are layers that attend to everything, with such blocks. */
    private void groupsBeside() {
        var groups = hybrid;
        if (groups != null && fine != null) {
            forgetGroups();
        } else if (groups != null && groups.mainSize() != blockSize) {
            hybrid = groups.emptied(scheme(), blockSize);
        }
    }

    private void forgetGroups() {
        var groups = hybrid;
        if (groups != null) {
            groups.close();
        }
        hybrid = null;
    }

    private StoredOutcome store(StoredBlocks blocks) {
        if (closed) {
            return StoredOutcome.STORED;
        }
        if (blocks.tokenCount() == 0) {
            int lane = lane(blocks.tier());
            int unknown = space == NONE
                    ? blocks.count()
                    : index.storeKnown(space, lane, any, blocks.hashes(), blocks.count());
            return unknown == 0 ? StoredOutcome.STORED : StoredOutcome.ORPHAN;
        }
        int size = blocks.blockSize();
        if (!isFollowed(size)
                || (long) size * blocks.count() != blocks.tokenCount()
                || blockSize != 0 && blockSize != size
                || !marked(blocks.adapter())) {
            return StoredOutcome.ODD;
        }
        int lane = lane(blocks.tier());
        if (blockSize == 0) {
            blockSize = size;
            fine = size % TokenKeys.FINEST == 0 ? null : new FineBlocks(index, size);
            groupsBeside();
            if (fine != null) {
                view.small(tenancy);
            }
            view.changed();
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
                any,
                blocks.hasParent(),
                hashed(blocks.parent(), blocks.adapter()),
                hashed(blocks),
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

    private static KeyScheme.Tokens scheme(int size) {
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

    /** Whoever knows the first block by the same hash hashes alike. */
    private void join(long root, StoredBlocks blocks) {
        int known =
                blocks.hasParent() ? NONE : index.spaceOf(root, keys(blocks, TokenKeys.SEED, 0)[0], hashed(blocks)[0]);
        space = view.joined(known, hashing);
    }

    /** Where adapters share hashes with the base model, each one's are made its own. */
    private long hashed(long hash, @Nullable String adapter) {
        return aliases && adapter != null ? ChunkChain.link(mark(adapter), hash) : hash;
    }

    private long[] hashed(StoredBlocks blocks) {
        if (!aliases || blocks.adapter() == null) {
            return blocks.hashes();
        }
        return hashed(blocks.hashes(), blocks.count(), mark(blocks.adapter()));
    }

    private static long[] hashed(long[] hashes, int count, long mark) {
        long[] own = new long[count];
        Arrays.setAll(own, i -> ChunkChain.link(mark, hashes[i]));
        return own;
    }

    private boolean marked(@Nullable String adapter) {
        return !aliases || adapter == null || marks.size() < MOST_ADAPTERS || marks.containsKey(adapter);
    }

    private long mark(String adapter) {
        return marks.computeIfAbsent(adapter, name -> PrefixNamespace.of(name, null, null));
    }

    private int lane(CacheTier tier) {
        int at = tier.ordinal();
        if (lanes[at] == NONE) {
            lanes[at] = index.takeLane();
            if (any == NONE && (tier != CacheTier.GPU || lanes[1] != NONE || lanes[2] != NONE)) {
                any = index.takeLane();
                for (int lane : lanes) {
                    if (lane != NONE) {
                        index.copy(lane, any);
                    }
                }
            }
            view.changed();
        }
        return lanes[at];
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
        int lane = lanes[tier.ordinal()];
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
        for (long mark : marks.values()) {
            unknown = Math.min(unknown, remove(space, lane, hashed(hashes, count, mark), count));
        }
        return unknown;
    }

    private int remove(int ofSpace, int lane, long[] hashes, int count) {
        int unknown = index.remove(ofSpace, lane, NOBODY, hashes, count);
        if (any != NONE) {
            index.remove(ofSpace, any, lanes, hashes, count);
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
        view.restarts(tenancy);
        cleared();
        index.change(
                () -> {
                    forgetGroups();
                    return true;
                },
                true);
        view.changed();
    }

    private void forget() {
        int[] all = Arrays.copyOf(lanes, 4);
        all[3] = any;
        int left = index.change(this::leave, NONE);
        index.clear(all, left);
        if (left != NONE) {
            index.giveBack(NOBODY, left);
        }
        view.changed();
    }

    private int leave() {
        var small = fine;
        if (small != null) {
            small.close();
        }
        fine = null;
        marks.clear();
        blockSize = 0;
        var groups = hybrid;
        if (groups != null) {
            // which there are is still known: without them more would be believed in than is there
            hybrid = groups.emptied(groups.scheme(), groups.mainSize());
        }
        int had = space;
        space = NONE;
        return view.left(had);
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
                        forgetGroups();
                        return true;
                    },
                    true);
            int[] all = Arrays.copyOf(lanes, 4);
            all[3] = any;
            view.closed(this);
            index.giveBack(all, NONE);
        }
    }

    /**
     * How it is looked up.
     *
     * @param groups what limits it besides; null for nothing
     * @param grain by which keys {@code groups} is asked
     */
    record Lookup(
            int ordinal,
            int blockSize,
            KeyScheme.Tokens scheme,
            int gpu,
            int any,
            boolean hasHost,
            @Nullable GroupBlocks groups,
            KeyScheme.Tokens grain) {
        /** Whether there are no layers but those of {@link #groups}. */
        boolean ofGroupsOnly() {
            return gpu < 0 && any < 0 && groups != null;
        }
    }

    /** Null where it is not looked up: it is not followed any more. */
    @Nullable
    Lookup lookup() {
        int ordinal = Tenancy.ordinal(tenancy);
        if (closed) {
            return null;
        }
        var others = hybrid;
        var groups = others == null ? null : others.blocks();
        if (blockSize == 0 && others != null && others.mainSize() == 0) {
            var grain = new KeyScheme.Tokens(others.blocks().grain(0));
            return new Lookup(ordinal, grain.blockTokens(), others.scheme(), NONE, NONE, true, groups, grain);
        }
        if (blockSize == 0) {
            // it has told of none
            int size = expected == 0 ? TokenKeys.FINEST : expected;
            return new Lookup(ordinal, size, scheme(size), NONE, NONE, true, null, scheme(size));
        }
        boolean host = lanes[CacheTier.CPU.ordinal()] != NONE || lanes[CacheTier.STORAGE.ordinal()] == NONE;
        var grain = groups == null ? scheme() : new KeyScheme.Tokens(groups.grain(blockSize));
        return new Lookup(ordinal, blockSize, scheme(), lanes[CacheTier.GPU.ordinal()], any, host, groups, grain);
    }

    @Override
    public String toString() {
        return "rank " + rank + " of " + tenancy + ", lanes " + List.of(lanes[0], lanes[1], lanes[2]);
    }
}
