package io.kvasir.prefix;

import io.kvasir.failure.ContainedFailures;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
    private static final int NONE = EventRuns.NONE;
    private static final int LONGEST_RUN = 8_192;
    private static final int RUNS_AT_ONCE = 4_096;

    private final StampedLock lock = new StampedLock();
    private final long most;
    private final EventRuns runs;
    private final ContainedFailures failures = new ContainedFailures("a change of the index of KV events");
    private final LongAdder contended = new LongAdder();
    private final BitSet taken = new BitSet();
    private final BitSet spaces = new BitSet();
    private volatile int lanes;
    private long held;
    private long small;
    private int foundRun;
    private int foundAt;

    /**
     * @param salt a secret for its hash tables
     * @param most blocks that are known of
     */
    EventIndex(long salt, long most) {
        this.most = most;
        runs = new EventRuns(salt);
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
        long tag = RunTable.rootTag(root);
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
        for (int w = 0; w < active.length; w++) {
            long was = active[w];
            if (was == 0) {
                continue;
            }
            long stay = was & runs.lanes.wholeWord(run, w);
            if (depth > 0) {
                for (long left = was & ~stay; left != 0; left &= left - 1) {
                    answer[(w << 6) + Long.numberOfTrailingZeros(left)] = depth;
                }
            }
            active[w] = stay;
        }
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
        return held;
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

    /** Finds the block that engines of that space know by the hash. */
    private boolean locate(int space, long hash, int lane) {
        var table = runs.table;
        long start = table.start(space, hash);
        for (int place = (int) (start >>> 32); !table.ends(place); place = table.after(place)) {
            int run = table.candidate(place, start);
            if (run < 0) {
                continue;
            }
            var column = runs.column(run, space);
            int at = column == null ? NONE : column.find(hash, runs.lanes.held(run, lane, runs.length(run)) - 1);
            if (at >= 0) {
                foundRun = run;
                foundAt = at;
                return true;
            }
        }
        return false;
    }

    /** The space of whoever knows the first block of a path by that hash already; -1 for nobody. */
    int spaceOf(long root, long key, long hash) {
        int run = runs.find(RunTable.rootTag(root), key);
        if (run >= 0) {
            for (HashColumn column : runs.columns(run)) {
                if (column.length > 0 && column.hashes[0] == hash) {
                    return column.space;
                }
            }
        }
        return -1;
    }

    /**
     * A lane holds blocks from now on.
     *
     * @param root where paths of their namespace and size begin
     * @param other a lane that holds them too; -1 for none
     * @param parent hash of the block before them; counts if {@code hasParent}
     * @param hashes of the blocks, {@code n} of them
     */
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
        int run = NONE;
        int at = 0;
        long before = TokenKeys.SEED;
        if (hasParent) {
            if (!locate(space, parent, lane)) {
                return Stored.ORPHAN;
            }
            run = foundRun;
            at = foundAt + 1;
            before = runs.key(run, foundAt);
        } else if (locate(space, hashes[0], lane) && foundAt == 0 && runs.tag(foundRun) == RunTable.rootTag(root)) {
            run = foundRun;
        }
        int i = 0;
        while (run != NONE && i < n) {
            if (at == runs.length(run)) {
                boolean below = runs.children(run) > 0
                        && locate(space, hashes[i], lane)
                        && foundAt == 0
                        && runs.tag(foundRun) == run;
                if (!below) {
                    break;
                }
                run = foundRun;
                at = 0;
            }
            int known = agree(runs.column(run, space), at, hashes, i, n);
            if (known == 0) {
                break;
            }
            before = runs.key(run, at + known - 1);
            at += known - hold(run, at, at + known, lane, other);
            i += known;
        }
        return i == n ? Stored.STORED : descend(root, run, at, space, lane, other, hashes, i, n, maker.make(before, i));
    }

    /** How many hashes from {@code i} on are the column's from {@code at} on: equal ones prove those before equal. */
    private static int agree(@Nullable HashColumn column, int at, long[] hashes, int i, int n) {
        if (column == null || at >= column.length || column.hashes[at] != hashes[i]) {
            return 0;
        }
        int most = Math.min(column.length - at, n - i);
        if (column.hashes[at + most - 1] == hashes[i + most - 1]) {
            return most;
        }
        int equal = 1;
        while (column.hashes[at + equal] == hashes[i + equal]) {
            equal++;
        }
        return equal;
    }

    private Stored descend(
            long root,
            int fromRun,
            int fromAt,
            int space,
            int lane,
            int other,
            long[] hashes,
            int from,
            int n,
            long[] keys) {
        int run = fromRun;
        int at = fromAt;
        int i = from;
        boolean agrees = true;
        while (i < n) {
            if (run != NONE && at < runs.length(run)) {
                int matched = runs.match(run, at, keys, i, n);
                if (matched == 0) {
                    if (at == 0) {
                        return Stored.DISAGREEING;
                    }
                    run = runs.split(run, at);
                    if (run == NONE) {
                        return Stored.FULL;
                    }
                } else {
                    at -= hold(run, at, at + matched, lane, other);
                    agrees &= runs.learn(run, space, at, hashes, i, matched);
                    at += matched;
                    i += matched;
                }
                continue;
            }
            long tag = run == NONE ? RunTable.rootTag(root) : run;
            int child = runs.find(tag, keys[i]);
            if (child != NONE) {
                run = child;
                at = 0;
                continue;
            }
            if (runs.blocks() + n - i > most) {
                return Stored.FULL;
            }
            if (run != NONE && grows(run, lane, other, n - i)) {
                runs.extend(run, keys, i, n);
                held += n - i;
                runs.learn(run, space, at, hashes, i, n - i);
            } else {
                run = runs.add(tag, keys, i, n);
                if (run == NONE) {
                    return Stored.FULL;
                }
                hold(run, 0, n - i, lane, other);
                runs.learn(run, space, 0, hashes, i, n - i);
            }
            i = n;
        }
        return agrees ? Stored.STORED : Stored.DISAGREEING;
    }

    /** Whether the run is the lane's alone, so that it can grow. */
    private boolean grows(int run, int lane, int other, int blocks) {
        return runs.children(run) == 0
                && other < 0
                && runs.lanes.isSole(run, lane)
                && runs.length(run) + blocks <= LONGEST_RUN;
    }

    private int hold(int run, int from, int to, int lane, int other) {
        int shift = hold(run, from, to, lane);
        return other < 0 ? shift : shift + hold(run, from - shift, to - shift, other);
    }

    /**
     * A lane holds blocks of a run; where it lacks some before these, the run is cut there.
     *
     * @return by how much places in the run became smaller
     */
    private int hold(int run, int from, int to, int lane) {
        int had = runs.lanes.held(run, lane, runs.length(run));
        if (from > had) {
            if (runs.split(run, from) == NONE) {
                return 0;
            }
            hold(run, 0, to - from, lane);
            return from;
        }
        if (to > had) {
            runs.lanes.hold(run, lane, to, runs.length(run));
            held += to - had;
        }
        return 0;
    }

    /**
     * A lane holds blocks that are known by their hashes only.
     *
     * @return those that were not known
     */
    int storeKnown(int space, int lane, int other, long[] hashes, int n) {
        int unknown = 0;
        for (int i = 0; i < n; i++) {
            if (locate(space, hashes[i], lane)) {
                hold(foundRun, foundAt, foundAt + 1, lane, other);
            } else {
                unknown++;
            }
        }
        return unknown;
    }

    /**
     * A lane holds blocks no more.
     *
     * @param others lanes of which one that still holds a block keeps it for {@code lane}
     * @return hashes that were not known
     */
    int remove(int space, int lane, int[] others, long[] hashes, int n) {
        int unknown = 0;
        int i = n - 1;
        while (i >= 0) {
            if (!locate(space, hashes[i], lane)) {
                unknown++;
                i--;
                continue;
            }
            var column = Objects.requireNonNull(runs.column(foundRun, space));
            long[] known = column.hashes;
            int length = column.length;
            int from = foundAt;
            int to = from + 1;
            i--;
            if (others.length == 0) {
                while (i >= 0 && from > 0 && known[from - 1] == hashes[i]) {
                    from--;
                    i--;
                }
                while (i >= 0 && to < length && known[to] == hashes[i]) {
                    to++;
                    i--;
                }
                unhold(foundRun, from, to, lane);
            } else if (!heldBy(others, foundRun, from)) {
                unhold(foundRun, from, to, lane);
            }
        }
        return unknown;
    }

    private boolean heldBy(int[] some, int run, int at) {
        for (int lane : some) {
            if (lane >= 0 && runs.lanes.held(run, lane, runs.length(run)) > at) {
                return true;
            }
        }
        return false;
    }

    private void unhold(int run, int first, int end, int lane) {
        int had = runs.lanes.held(run, lane, runs.length(run));
        if (had <= first) {
            return;
        }
        int of = run;
        int last = had;
        if (had > end) {
            int head = runs.split(run, end);
            if (head != NONE) {
                of = head;
                last = end;
            }
        }
        runs.lanes.hold(of, lane, first, runs.length(of));
        held -= last - first;
        runs.prune(of);
    }

    /** A lane holds whatever another holds. */
    void copy(int from, int to) {
        for (int run = 0; run < runs.high(); run++) {
            int length = runs.length(run);
            int had = runs.lanes.held(run, from, length);
            if (had > 0) {
                hold(run, 0, had, to);
            }
        }
    }

    // What follows takes the lock itself.

    /** Lanes hold nothing from now on; hashes of a space are forgotten, unless it is -1. */
    void clear(int[] some, int space) {
        int run = 0;
        boolean more = true;
        while (more) {
            int from = run;
            run = change(() -> clear(some, space, from), Integer.MAX_VALUE);
            more = run < Integer.MAX_VALUE;
        }
    }

    private int clear(int[] some, int space, int from) {
        int to = Math.min(runs.high(), from + RUNS_AT_ONCE);
        for (int run = from; run < to; run++) {
            boolean changed = false;
            for (int lane : some) {
                int had = lane < 0 ? 0 : runs.lanes.held(run, lane, runs.length(run));
                if (had > 0) {
                    runs.lanes.hold(run, lane, 0, runs.length(run));
                    held -= had;
                    changed = true;
                }
            }
            var column = space < 0 ? null : runs.column(run, space);
            if (column != null) {
                runs.truncate(column, run, 0);
            }
            if (changed) {
                runs.prune(run);
            }
        }
        return to == runs.high() ? Integer.MAX_VALUE : to;
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
                    runs.blocks(), held, runs.size(), runs.bytes(), contended.sum(), failures.count());
        } finally {
            lock.unlockRead(stamp);
        }
    }

    long failures() {
        return failures.count();
    }
}
