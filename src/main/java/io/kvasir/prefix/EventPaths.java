package io.kvasir.prefix;

import io.kvasir.prefix.EventIndex.Keys;
import io.kvasir.prefix.EventIndex.Stored;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The changes of an {@link EventIndex}: what lanes hold from now on or no more, by the engines' hashes. With its lock. */
final class EventPaths {
    private static final int NONE = KeyRuns.NONE;
    private static final int RUNS_AT_ONCE = 4_096;

    /** Answer of {@link #clear}: nothing is left to do. */
    static final int DONE = Integer.MAX_VALUE;

    private final EventRuns runs;
    private final long most;
    private long held;
    private int foundRun;
    private int foundAt;

    /** @param most blocks that are known of */
    EventPaths(EventRuns runs, long most) {
        this.runs = runs;
        this.most = most;
    }

    /** Blocks held, counted for each lane. */
    long held() {
        return held;
    }

    /** Finds the block that engines of that space know by the hash. */
    private boolean locate(int space, long hash, int lane) {
        var table = runs.table;
        for (int place = table.first(space, hash); place >= 0; place = table.next(place, space, hash)) {
            int run = table.run(place);
            var column = runs.column(run, space);
            int at = column == null ? NONE : place(run, column, hash, lane);
            if (at >= 0) {
                foundRun = run;
                foundAt = at;
                return true;
            }
        }
        return false;
    }

    /** Whether engines of that space know a block by the hash, which {@link #foundKey} and {@link #foundPath} tell of then. */
    boolean find(int space, long hash) {
        return locate(space, hash, 0);
    }

    /** The key at the end of the block that was found. */
    long foundKey() {
        return runs.key(foundRun, foundAt);
    }

    /** What stands for the root of the path of the block that was found: see {@link EventIndex#path}. */
    long foundPath() {
        long tag = runs.tag(foundRun);
        while (tag >= 0) {
            tag = runs.tag((int) tag);
        }
        return tag;
    }

    private int place(int run, HashColumn column, long hash, int lane) {
        int last = column.length - 1;
        if (last >= 0 && column.hashes[last] == hash) {
            return last;
        }
        return column.find(hash, runs.lanes.held(run, lane, runs.length(run)) - 1);
    }

    /** The space of whoever knows the first block of a path by that hash already; -1 for nobody. */
    int spaceOf(long root, long key, long hash) {
        int run = runs.find(KeyRuns.rootTag(root), key);
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
        } else if (locate(space, hashes[0], lane) && foundAt == 0 && runs.tag(foundRun) == KeyRuns.rootTag(root)) {
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
            long tag = run == NONE ? KeyRuns.rootTag(root) : run;
            int child = run != NONE && runs.children(run) == 0 ? NONE : runs.find(tag, keys[i]);
            if (child != NONE) {
                run = child;
                at = 0;
                continue;
            }
            if (runs.blocks() + n - i > most) {
                return Stored.FULL;
            }
            if (run != NONE && grows(run, lane, other, n - i)) {
                grow(run, lane, other, keys, i, n);
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

    /** Whether all of the run is held by the lanes, so that it can grow for them. */
    private boolean grows(int run, int lane, int other, int blocks) {
        int length = runs.length(run);
        return runs.children(run) == 0
                && length + blocks <= EventRuns.LONGEST
                && runs.lanes.mayGrow(run, lane)
                && (other < 0 || runs.lanes.held(run, other, length) == length);
    }

    private void grow(int run, int lane, int other, long[] keys, int from, int n) {
        int length = runs.length(run);
        runs.extend(run, keys, from, n);
        runs.lanes.grown(run, lane, length, runs.length(run));
        held += n - from;
        if (other >= 0) {
            hold(run, length, runs.length(run), other);
        }
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

    /**
     * Lanes hold nothing of some runs from {@code from} on, of which hashes of a space are forgotten unless it is -1.
     *
     * @return where to go on, or {@link #DONE}
     */
    int clear(int[] some, int space, int from) {
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
        return to == runs.high() ? DONE : to;
    }
}
