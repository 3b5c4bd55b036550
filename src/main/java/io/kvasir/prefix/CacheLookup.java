package io.kvasir.prefix;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the cache of one rank is looked up.
 *
 * @param ordinal of the endpoint
 * @param blockSize tokens of its blocks
 * @param scheme by whose keys it is asked
 * @param gpu lane of what is in the accelerator's memory; negative for none
 * @param any lane of what is in any tier; negative where there is the accelerator's only
 * @param hasHost whether what is further is in the host's memory
 * @param groups what limits it besides; null for nothing
 * @param grain by which keys {@code groups} is asked
 */
record CacheLookup(
        int ordinal,
        int blockSize,
        KeyScheme.Tokens scheme,
        int gpu,
        int any,
        boolean hasHost,
        @Nullable GroupBlocks groups,
        KeyScheme.Tokens grain) {
    /** No tokens can be told of, and no other time would do. */
    static final int UNKEYED = -2;

    /** The ranks of one endpoint: those that have told of no block are asked as one that has, so that all are asked together. */
    static List<CacheLookup> alike(List<CacheLookup> ranks) {
        if (ranks.size() == 1) {
            return ranks;
        }
        return ranks.stream()
                .filter(CacheLookup::hasTold)
                .findFirst()
                .map(told -> ranks.stream()
                        .map(rank -> rank.hasTold() ? rank : rank.askedAs(told))
                        .toList())
                .orElse(ranks);
    }

    private boolean hasTold() {
        return gpu >= 0 || any >= 0 || groups != null;
    }

    private CacheLookup askedAs(CacheLookup other) {
        return new CacheLookup(ordinal, other.blockSize, other.scheme, gpu, any, hasHost, groups, other.grain);
    }

    /** Whether there are no layers but those of {@link #groups}. */
    boolean ofGroupsOnly() {
        return gpu < 0 && any < 0 && groups != null;
    }

    /** Tokens at the front of a prompt that it holds, of layers that attend to everything, by blocks found per lane. */
    int tokens(BlockKeys own, int lane, int[] byLane, long most) {
        return (int) Math.min(own.tokens(PathLookup.blocks(lane, byLane)), most);
    }

    /**
     * What layers that do not attend to everything leave of so many tokens; {@link GroupBlocks#CONTENDED} where that kept
     * changing, {@link #UNKEYED} where the prompt has no keys to ask by.
     */
    int served(long root, PromptKeys keys, int most, boolean anywhere) {
        var limits = groups;
        var own = keys.of(grain);
        if (limits == null || own == null) {
            return limits == null ? most : UNKEYED;
        }
        return limits.longest(
                EventIndex.path(root),
                own.keys(),
                grain.blockTokens(),
                Math.min(most, own.tokens(own.blocks())),
                anywhere);
    }
}
