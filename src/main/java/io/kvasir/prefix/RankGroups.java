package io.kvasir.prefix;

import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What the layers of a rank hold that do not attend to everything, where it told of such. For changes of the index. */
final class RankGroups {
    private final EventIndex index;
    /** Null while there are none such. */
    private @Nullable HybridBlocks hybrid;

    RankGroups(EventIndex index) {
        this.index = index;
    }

    /** Null where it told of none. */
    @Nullable
    HybridBlocks blocks() {
        return hybrid;
    }

    /**
     * A group holds blocks from now on.
     *
     * @param mainSize tokens of the blocks of the layers that attend to everything; 0 where none are known
     * @param space in which the engine's hashes are known; negative for none
     * @param root where the paths of these blocks begin, by scheme
     * @param regrained what is to be done where they are asked otherwise from now on
     */
    StoredOutcome store(
            LayerGroup group,
            StoredBlocks blocks,
            int mainSize,
            int space,
            ToLongFunction<KeyScheme.Tokens> root,
            Runnable regrained) {
        var groups = hybrid;
        boolean made = groups == null;
        if (groups == null) {
            if (blocks.tokenCount() == 0) {
                return StoredOutcome.ORPHAN;
            }
            if (mainSize == 0 && !HybridBlocks.fits(blocks.blockSize())) {
                return StoredOutcome.ODD;
            }
            var scheme = mainSize == 0 ? new KeyScheme.Tokens(blocks.blockSize()) : EngineCache.scheme(mainSize);
            groups = new HybridBlocks(index, scheme, mainSize);
            hybrid = groups;
        }
        int before = groups.blocks().grain(mainSize);
        var outcome = groups.store(group, blocks, root.applyAsLong(groups.scheme()), space);
        if (made || groups.blocks().grain(mainSize) != before) {
            regrained.run();
        }
        return outcome;
    }

    /** A group holds blocks no more; returns how many were not known to be held. */
    int remove(int group, CacheTier tier, long[] hashes, int count) {
        var groups = hybrid;
        return groups == null ? count : groups.remove(group, tier, hashes, count);
    }

    /** There are layers that attend to everything, with such blocks. */
    void beside(int mainSize) {
        var groups = hybrid;
        if (groups != null && mainSize % TokenKeys.FINEST != 0) {
            forget();
        } else if (groups != null && groups.mainSize() != mainSize) {
            hybrid = groups.emptied(EngineCache.scheme(mainSize), mainSize);
        }
    }

    /** Nothing is held. Which groups there are is still known: without them more would be believed in than is there. */
    void empty() {
        var groups = hybrid;
        if (groups != null) {
            hybrid = groups.emptied(groups.scheme(), groups.mainSize());
        }
    }

    /** There are none, as far as is known. */
    void forget() {
        var groups = hybrid;
        if (groups != null) {
            groups.close();
        }
        hybrid = null;
    }
}
