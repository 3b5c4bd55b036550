package io.kvasir.prefix;

import java.util.Objects;

/**
 * Takes what a rank says of its {@link LayerGroup}s' blocks. An engine names a block alike for all of its layers, so where it
 * does not say which of the tokens told belong to a block, as with windows that are cached in part, the blocks of the layers
 * that attend to everything tell its place. For changes of the index.
 */
final class HybridBlocks {
    private final EventIndex index;
    private final KeyScheme.Tokens scheme;
    private final int mainSize;
    private final GroupBlocks blocks;
    private long foundKey;
    private long foundPath;

    /**
     * @param scheme by which prompts are looked for
     * @param blockSize of the layers that attend to everything; 0 where there are none such
     */
    HybridBlocks(EventIndex index, KeyScheme.Tokens scheme, int blockSize) {
        this(index, scheme, blockSize, new GroupBlocks(blockSize, index.salt()));
    }

    private HybridBlocks(EventIndex index, KeyScheme.Tokens scheme, int blockSize, GroupBlocks blocks) {
        this.index = index;
        this.scheme = scheme;
        this.blocks = blocks;
        mainSize = blockSize;
    }

    /** Tokens of the blocks of the layers that attend to everything; 0 where there are none such. */
    int mainSize() {
        return mainSize;
    }

    /** Gives up what is held, for the same groups beside layers of such blocks. */
    HybridBlocks emptied(KeyScheme.Tokens byScheme, int blockSize) {
        close();
        return new HybridBlocks(index, byScheme, blockSize, blocks.emptied(blockSize));
    }

    KeyScheme.Tokens scheme() {
        return scheme;
    }

    GroupBlocks blocks() {
        return blocks;
    }

    /** Whether blocks of that size can be followed. */
    static boolean fits(int blockSize) {
        return blockSize > 0 && blockSize <= KeyScheme.MAX_BLOCK_TOKENS && blockSize % TokenKeys.FINEST == 0;
    }

    /**
     * A group holds blocks from now on.
     *
     * @param root where paths of their namespace begin
     * @param space in which the engine's hashes are known; -1 for none
     */
    StoredOutcome store(LayerGroup group, StoredBlocks stored, long root, int space) {
        boolean further = stored.tier() != CacheTier.GPU;
        if (stored.tokenCount() == 0) {
            int known = blocks.place(group.id());
            return known < 0 ? StoredOutcome.ORPHAN : byHash(known, further, stored, space);
        }
        int size = stored.blockSize();
        int place = fits(size) ? blocks.place(group, size) : -1;
        if (place < 0) {
            return StoredOutcome.ODD;
        }
        if ((long) size * stored.count() != stored.tokenCount()) {
            return byHash(place, further, stored, space);
        }
        long key = TokenKeys.SEED;
        long path = EventIndex.path(root);
        if (stored.hasParent()) {
            if (!find(space, stored.parent())) {
                return StoredOutcome.ORPHAN;
            }
            key = foundKey;
            path = foundPath;
        }
        for (int i = 0; i < stored.count(); i++) {
            key = TokenKeys.behind(key, stored.tokens(), i * size, (i + 1) * size);
            if (stored.extras() != null) {
                key = TokenKeys.with(key, Objects.requireNonNull(stored.extras())[i]);
            }
            if (!hold(place, further, stored.hashes()[i], path, key)) {
                return StoredOutcome.FULL;
            }
        }
        return StoredOutcome.STORED;
    }

    private StoredOutcome byHash(int place, boolean further, StoredBlocks stored, int space) {
        var outcome = StoredOutcome.STORED;
        for (int i = 0; i < stored.count(); i++) {
            long hash = stored.hashes()[i];
            if (!find(space, hash)) {
                outcome = StoredOutcome.ORPHAN;
            } else if (!hold(place, further, hash, foundPath, foundKey)) {
                return StoredOutcome.FULL;
            }
        }
        return outcome;
    }

    private boolean find(int space, long hash) {
        int block = blocks.find(hash);
        if (block >= 0) {
            foundKey = blocks.key(block);
            foundPath = blocks.path(block);
            return true;
        }
        if (space < 0 || !index.find(space, hash)) {
            return false;
        }
        foundKey = index.foundKey();
        foundPath = index.foundPath();
        return true;
    }

    private boolean hold(int place, boolean further, long hash, long path, long key) {
        int room = 0;
        if (blocks.find(hash) < 0) {
            if (!index.takeSmall()) {
                return false;
            }
            room = 1;
        }
        index.giveBackSmall(room - blocks.hold(place, further, hash, path, key));
        return true;
    }

    /** A group holds blocks no more; returns how many were not known to be held. */
    int remove(int group, CacheTier tier, long[] hashes, int count) {
        int place = blocks.place(group);
        int before = blocks.size();
        int unknown = 0;
        for (int i = 0; i < count; i++) {
            if (place < 0 || !blocks.drop(place, tier != CacheTier.GPU, hashes[i])) {
                unknown++;
            }
        }
        index.giveBackSmall(before - blocks.size());
        return unknown;
    }

    /** Nothing is held any more, and nothing else will be. */
    void close() {
        index.giveBackSmall(blocks.size());
    }
}
