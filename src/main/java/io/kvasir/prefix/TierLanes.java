package io.kvasir.prefix;

import java.util.Arrays;
import java.util.List;

/** The lanes of the index that one rank's cache has: one for each tier that it told of, and one for all where it has several. */
final class TierLanes {
    static final int NONE = -1;

    private final EventIndex index;
    /** By tier. */
    private final int[] lanes = {NONE, NONE, NONE};

    private int any = NONE;

    TierLanes(EventIndex index) {
        this.index = index;
    }

    /** The lane of a tier; {@link #NONE} until it is told of. */
    int of(CacheTier tier) {
        return lanes[tier.ordinal()];
    }

    /** That of blocks in whatever tier; {@link #NONE} where only the accelerator's memory was told of. */
    int any() {
        return any;
    }

    /** Those of all tiers; not to be changed. */
    int[] each() {
        return lanes;
    }

    /** All that there are, {@link #NONE} for others. */
    int[] all() {
        int[] all = Arrays.copyOf(lanes, lanes.length + 1);
        all[lanes.length] = any;
        return all;
    }

    /** Whether what is further than the accelerator's memory is in the host's. */
    boolean hasHost() {
        return of(CacheTier.CPU) != NONE || of(CacheTier.STORAGE) == NONE;
    }

    /** Takes the lane of a tier that was not told of. */
    void take(CacheTier tier) {
        lanes[tier.ordinal()] = index.takeLane();
        if (any == NONE && (tier != CacheTier.GPU || of(CacheTier.CPU) != NONE || of(CacheTier.STORAGE) != NONE)) {
            any = index.takeLane();
            for (int lane : lanes) {
                if (lane != NONE) {
                    index.copy(lane, any);
                }
            }
        }
    }

    @Override
    public String toString() {
        return String.valueOf(List.of(lanes[0], lanes[1], lanes[2]));
    }
}
