package io.kvasir.prefix;

import io.kvasir.failure.ContainedFailures;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;

/**
 * Which cache holds which blocks, by what engines say: paths are found by our keys, and what events name by the engines'
 * hashes. Holders are <em>lanes</em>, one for a tier of an engine's rank. Looked up without locks; changed by one thread
 * at a time, which takes the lock.
 */
final class EventIndex {
    /** What {@link #lookup} answers when the index kept changing. */
    static final int CONTENDED = -1;

    /** What became of stored blocks. */
    enum Stored {
        /** The index knows them. */
        STORED,
        /** What they follow is not known. */
        ORPHAN,
        /** There are too many blocks or runs. */
        FULL,
        /** Known, but the engine hashes otherwise than those that it shares a space with. */
        DISAGREEING
    }

    /** Makes the keys of blocks whose hashes were not known. */
    interface Keys {
        /**
         * An array in which block i has its key at i.
         *
         * @param before key of the block before block {@code from}
         */
        long[] make(long before, int from);
    }

    /** The space in which blocks are known by keys of ours. */
    static final int OWN_KEYS = 0;

    private static final int ATTEMPTS = 64;
    private static final int SPINS = 32;
    private static final int NONE = KeyRuns.NONE;

    private final StampedLock lock = new StampedLock();
    private final long salt;
    private final long most;
    private final EventRuns runs;
    private final EventPaths paths;
    private final ContainedFailures failures = new ContainedFailures("a change of the index of KV events");
    private final LongAdder contended = new LongAdder();
    private final BitSet taken = new BitSet();
    private final BitSet spaces = new BitSet();
    private volatile int lanes;
    private long small;

    /**
     * @param salt a secret for its hash tables
     * @param most blocks that are known of
     */
    EventIndex(long salt, long most) {
        this.salt = salt;
        this.most = most;
        runs = new EventRuns(salt);
        paths = new EventPaths(runs, most);
    }

    /** A secret for hash tables. */
    long salt() {
        return salt;
    }

    /** Lanes have numbers below this. */
    int lanes() {
        return lanes;
    }

    /**
     * Sets {@code answer[lane]} to the leading blocks of the path that the lane holds, all true at one moment.
     *
     * @param answer zeros on entry, as many as {@code active} has bits; of no meaning on exit if the result is {@link
     *     #CONTENDED}
     * @param active room for a bit a lane
     * @return the leading blocks that are known at all, or {@link #CONTENDED}
     */
    int lookup(long root, long[] keys, int n, int[] answer, long[] active) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long stamp = lock.tryOptimisticRead();
            if (stamp == 0) {
                for (int i = 0; i < SPINS; i++) {
                    Thread.onSpinWait();
                }
                continue;
            }
            int known;
            try {
                known = walk(root, keys, n, answer, active);
            } catch (IndexOutOfBoundsException | NullPointerException torn) {
                if (lock.validate(stamp)) {
                    throw torn;
                }
                known = CONTENDED;
            }
            if (known != CONTENDED && lock.validate(stamp)) {
                return known;
            }
            Arrays.fill(answer, 0);
        }
        contended.increment();
        return CONTENDED;
    }

    private int walk(long root, long[] keys, int n, int[] answer, long[] active) {
        long tag = KeyRuns.rootTag(root);
        Arrays.fill(active, -1L);
        int depth = 0;
        while (depth < n) {
            int run = runs.find(tag, keys[depth]);
            if (run < 0) {
                if (run != NONE) {
                    return CONTENDED;
                }
                break;
            }
            int matched = runs.match(run, 0, keys, depth, n);
            leave(run, depth, matched, answer, active);
            depth += matched;
            if (matched < runs.length(run)) {
                break;
            }
            tag = run;
        }
        if (depth > 0) {
            for (int w = 0; w < active.length; w++) {
                for (long left = active[w]; left != 0; left &= left - 1) {
                    answer[(w << 6) + Long.numberOfTrailingZeros(left)] = depth;
                }
            }
        }
        return depth;
    }

    /** Answers for the lanes that do not hold the run whole; the others stay. */
    private void leave(int run, int depth, int matched, int[] answer, long[] active) {
        for (long entry : runs.lanes.partial(run)) {
            int lane = LaneSet.lane(entry);
            // a lane that came after the caller had counted them is nobody's yet
            if (lane >> 6 < active.length && (active[lane >> 6] & 1L << lane) != 0) {
                answer[lane] = depth + Math.min(matched, LaneSet.length(entry));
                active[lane >> 6] &= ~(1L << lane);
            }
        }
        runs.lanes.keepWhole(run, active, depth, answer);
    }

    /** Runs a change with the lock; a failure is counted and leaves {@code otherwise}. */
    <T> T change(Supplier<T> change, T otherwise) {
        long stamp = lock.writeLock();
        try {
            return change.get();
        } catch (RuntimeException e) {
            failures.failed(e);
            return otherwise;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    // What follows is for changes.

    /** Blocks held, counted for each lane. */
    long held() {
        return paths.held();
    }

    /** A lane that nobody has. */
    int takeLane() {
        int lane = taken.nextClearBit(0);
        taken.set(lane);
        lanes = Math.max(lanes, lane + 1);
        return lane;
    }

    /** Makes room for one block smaller than any of ours; false where there is none. Half as many may be as of ours. */
    boolean takeSmall() {
        if (small >= most / 2) {
            return false;
        }
        small++;
        return true;
    }

    /** So many of them are no more. */
    void giveBackSmall(int blocks) {
        small -= blocks;
    }

    /** A space that nobody has: engines in it hash alike. */
    int takeSpace() {
        int space = spaces.nextClearBit(OWN_KEYS + 1);
        spaces.set(space);
        return space;
    }

    /** See {@link EventPaths#find}. */
    boolean find(int space, long hash) {
        return paths.find(space, hash);
    }

    /** See {@link EventPaths#foundKey}. */
    long foundKey() {
        return paths.foundKey();
    }

    /** See {@link EventPaths#foundPath}. */
    long foundPath() {
        return paths.foundPath();
    }

    /** What stands for a root, as {@link #foundPath} says it. */
    static long path(long root) {
        return KeyRuns.rootTag(root);
    }

    /** The space of whoever knows the first block of a path by that hash already; -1 for nobody. */
    int spaceOf(long root, long key, long hash) {
        return paths.spaceOf(root, key, hash);
    }

    /** See {@link EventPaths#store}. */
    Stored store(
            long root,
            int space,
            int lane,
            int other,
            boolean hasParent,
            long parent,
            long[] hashes,
            int n,
            Keys maker) {
        return paths.store(root, space, lane, other, hasParent, parent, hashes, n, maker);
    }

    /** See {@link EventPaths#storeKnown}. */
    int storeKnown(int space, int lane, int other, long[] hashes, int n) {
        return paths.storeKnown(space, lane, other, hashes, n);
    }

    /** See {@link EventPaths#remove}. */
    int remove(int space, int lane, int[] others, long[] hashes, int n) {
        return paths.remove(space, lane, others, hashes, n);
    }

    /** A lane holds whatever another holds. */
    void copy(int from, int to) {
        paths.copy(from, to);
    }

    // What follows takes the lock itself.

    /** Lanes hold nothing from now on; hashes of a space are forgotten, unless it is -1. */
    void clear(int[] some, int space) {
        int run = 0;
        boolean more = true;
        while (more) {
            int from = run;
            run = change(() -> paths.clear(some, space, from), EventPaths.DONE);
            more = run < EventPaths.DONE;
        }
    }

    /** Lanes that hold nothing, and a space whose hashes are forgotten or -1, can be taken by others. */
    void giveBack(int[] some, int space) {
        change(
                () -> {
                    if (space >= 0) {
                        spaces.clear(space);
                    }
                    for (int lane : some) {
                        if (lane >= 0) {
                            taken.clear(lane);
                        }
                    }
                    return true;
                },
                false);
    }

    PrefixIndex.Stats stats() {
        // going over all runs takes time, in which lookups go on
        long stamp = lock.readLock();
        try {
            return new PrefixIndex.Stats(
                    runs.blocks(), paths.held(), runs.size(), runs.bytes(), contended.sum(), failures.count());
        } finally {
            lock.unlockRead(stamp);
        }
    }

    long failures() {
        return failures.count();
    }
}
