package io.kvasir.prefix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@linkplain KeyRuns Runs} with the lanes that hold them, and the hashes by which engines know their blocks. */
final class EventRuns extends KeyRuns {
    /**
     * Blocks of a run that grows: longer ones would be copied more often than they are worth, and make a hash in the middle
     * hard to find.
     */
    static final int LONGEST = 512;

    private static final HashColumn[] NO_COLUMNS = {};

    final LaneSet lanes = new LaneSet();
    final EngineHashes table;
    private final EngineHashes.All all = this::everyHash;
    private HashColumn[][] columns = new HashColumn[FIRST_CAPACITY][];

    EventRuns(long salt) {
        super(salt, EngineHashes.MAX_RUNS, LONGEST);
        table = new EngineHashes(salt);
        Arrays.fill(columns, NO_COLUMNS);
    }

    private void everyHash(EngineHashes.Entries each) {
        for (int run = 0; run < high(); run++) {
            for (HashColumn column : columns[run]) {
                each.put(column.space, column.hashes, 0, column.length, run);
            }
        }
    }

    // What follows is for the thread that holds the write lock.

    @Override
    int add(long parent, long[] from, int start, int end) {
        int run = super.add(parent, from, start, end);
        if (run != NONE) {
            columns[run] = NO_COLUMNS;
            lanes.clear(run);
        }
        return run;
    }

    @Override
    void ensure(int had, int capacity) {
        columns = Arrays.copyOf(columns, capacity);
        Arrays.fill(columns, had, capacity, NO_COLUMNS);
        lanes.ensure(capacity);
    }

    /** As {@link #splitHead}, for all that is known of the run; {@link #NONE} where there are too many. */
    int split(int run, int at) {
        if (isFull()) {
            return NONE;
        }
        int head = splitHead(run, at);
        lanes.split(run, head, at);
        splitColumns(run, head, at);
        return head;
    }

    private void splitColumns(int run, int head, int at) {
        var all = columns[run];
        var first = new HashColumn[all.length];
        var left = new HashColumn[all.length];
        int behind = 0;
        for (int c = 0; c < all.length; c++) {
            var column = all[c];
            int cut = Math.min(at, column.length);
            first[c] = new HashColumn(column.space, Arrays.copyOf(column.hashes, cut), cut);
            move(column, 0, cut, run, head, at);
            if (column.length > at) {
                int rest = column.length - at;
                left[behind++] =
                        new HashColumn(column.space, Arrays.copyOfRange(column.hashes, at, column.length), rest);
            }
        }
        columns[head] = first;
        columns[run] = behind == all.length ? left : Arrays.copyOf(left, behind);
    }

    /**
     * Some blocks of the run's column belong to another run from now on, or none.
     *
     * @param before so many leading blocks of the columns before this one belong to that other run already
     */
    private void move(HashColumn column, int from, int to, int run, int newRun, int before) {
        table.move(
                column.space, column.hashes, from, to, run, newRun, i -> replace(run, column, i, to, newRun, before));
    }

    /**
     * Slots of a run's blocks that look alike are made anew, one of them for another run or none.
     *
     * @param to where those of the column end that belong to the run no more, which begin behind {@code at}
     * @param before as above
     */
    private void replace(int run, HashColumn of, int at, int to, int newRun, int before) {
        int look = table.look(of.space, of.hashes[at]);
        for (int pass = 0; pass < 2; pass++) {
            int gone = before;
            for (HashColumn column : columns[run]) {
                boolean own = column == of;
                gone = own ? 0 : gone;
                for (int i = gone; i < column.length; i++) {
                    if (own && i > at && i < to || table.look(column.space, column.hashes[i]) != look) {
                        continue;
                    }
                    int now = own && i == at ? newRun : run;
                    if (pass == 0) {
                        table.remove(column.space, column.hashes[i], run);
                    } else if (now != NONE) {
                        table.put(column.space, column.hashes, i, 1, now);
                    }
                }
            }
        }
    }

    @Nullable
    HashColumn column(int run, int space) {
        for (HashColumn column : columns[run]) {
            if (column.space == space) {
                return column;
            }
        }
        return null;
    }

    HashColumn[] columns(int run) {
        return columns[run];
    }

    /**
     * Engines of that space know blocks {@code at} to {@code at + n - 1} of the run by these hashes.
     *
     * @return whether they were known by no others before
     */
    boolean learn(int run, int space, int at, long[] hashes, int from, int n) {
        var column = column(run, space);
        if (column == null) {
            column = new HashColumn(space, new long[n], 0);
            var more = Arrays.copyOf(columns[run], columns[run].length + 1);
            more[more.length - 1] = column;
            columns[run] = more;
        }
        int known = Math.min(column.length - at, n);
        boolean agrees = true;
        for (int i = 0; i < known; i++) {
            long hash = hashes[from + i];
            if (column.hashes[at + i] != hash) {
                agrees = false;
                table.reserve(1, all);
                move(column, at + i, at + i + 1, run, NONE, 0);
                column.hashes[at + i] = hash;
                table.put(space, hashes, from + i, 1, run);
            }
        }
        if (known >= 0 && known < n) {
            table.reserve(n - known, all);
            table.put(space, hashes, from + known, n - known, run);
            column.add(hashes, from + known, n - known);
        }
        return agrees;
    }

    /** Forgets the hashes of a space behind so many blocks. */
    void truncate(HashColumn column, int run, int newLength) {
        move(column, newLength, column.length, run, NONE, 0);
        column.truncate(newLength);
        if (newLength == 0) {
            columns[run] =
                    Arrays.stream(columns[run]).filter(other -> other != column).toArray(HashColumn[]::new);
        }
    }

    /** Drops what nobody holds of a leaf, and with an empty leaf the same of what was above it. */
    void prune(int leaf) {
        int run = leaf;
        while (run != NONE && children(run) == 0) {
            int longest = lanes.longest(run, length(run));
            if (longest == length(run)) {
                return;
            }
            for (HashColumn column : columns[run]) {
                if (column.length > longest) {
                    truncate(column, run, longest);
                }
            }
            if (longest > 0) {
                shrink(run, longest);
                return;
            }
            int parent = parent(run);
            remove(run);
            run = parent;
        }
    }

    private void shrink(int run, int newLength) {
        for (long entry : lanes.partial(run).clone()) {
            if (LaneSet.length(entry) == newLength) {
                lanes.hold(run, LaneSet.lane(entry), newLength, newLength);
            }
        }
        truncate(run, newLength);
    }

    @Override
    void remove(int run) {
        columns[run] = NO_COLUMNS;
        lanes.clear(run);
        super.remove(run);
    }

    @Override
    long bytes() {
        long bytes = super.bytes() + 4L * columns.length + lanes.bytes(high()) + table.bytes();
        for (int run = 0; run < high(); run++) {
            bytes += columns[run].length == 0 ? 0 : 16 + 4L * columns[run].length;
            for (HashColumn column : columns[run]) {
                bytes += column.bytes();
            }
        }
        return bytes;
    }
}
