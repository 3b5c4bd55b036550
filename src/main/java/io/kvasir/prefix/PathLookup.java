package io.kvasir.prefix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Looks paths up: in what engines told of, and in what was sent to them and not told of yet. From any thread. */
final class PathLookup {
    /** Answers, in arrays that a thread uses again and again. */
    static final class Room {
        /** By lane, blocks that were told of. */
        int[] byLane = new int[0];

        private long[] active = new long[0];
        /** By ordinal, blocks that were sent there and not told of yet. */
        int[] sent = new int[0];
    }

    private final EventIndex index;
    private final Speculation speculation;
    private final ThreadLocal<Room> rooms = ThreadLocal.withInitial(Room::new);

    PathLookup(EventIndex index, Speculation speculation) {
        this.index = index;
        this.speculation = speculation;
    }

    /** What each lane holds of a path; null where the index kept changing. Valid until the thread's next call. */
    @Nullable
    Room told(long root, long[] keys, int blocks) {
        var room = rooms.get();
        int words = (index.lanes() + 63) >> 6;
        if (room.active.length < words) {
            room.active = new long[words];
            room.byLane = new int[words << 6];
        } else {
            Arrays.fill(room.byLane, 0);
        }
        boolean known =
                blocks == 0 || index.lookup(root, keys, blocks, room.byLane, room.active) != EventIndex.CONTENDED;
        return known ? room : null;
    }

    /** Sets what was sent to each endpoint of a path and not told of yet; nothing where that kept changing. */
    void sent(long root, BlockKeys own, int endpoints, Room room) {
        if (room.sent.length < endpoints) {
            room.sent = new int[endpoints];
        } else {
            Arrays.fill(room.sent, 0);
        }
        if (speculation.any()) {
            var _ = speculation.index().lookup(root, own.keys(), own.blocks(), room.sent, endpoints);
        }
    }

    /** Blocks that a lane holds; 0 where there is none. */
    static int blocks(int lane, int[] byLane) {
        return lane < 0 || lane >= byLane.length ? 0 : byLane[lane];
    }
}
