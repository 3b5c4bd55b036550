package io.kvasir.prefix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a compressed radix tree over chained keys, like {@link RunTable}'s, with the hashes by which engines know
 * the blocks. Readers may look in while a writer works: what they call here ends after a bounded number of steps, or throws
 * an {@link IndexOutOfBoundsException} or {@link NullPointerException}.
 */
final class EventRuns {
    static final int NONE = -1;

    /** What {@link #find} answers when a chain is longer than any intact one. */
    static final int TORN = -2;

    private static final int LONGEST_CHAIN = 256;
    private static final long[] NO_KEYS = {};
    private static final HashColumn[] NO_COLUMNS = {};

    final LaneSet lanes = new LaneSet();
    final EngineHashes table;
    private final EngineHashes.All all = this::everyHash;
    private final long salt;
    private long[] tag = new long[16];
    private long[][] keys = new long[16][];
    private int[] length = new int[16];
    private int[] children = new int[16];
    private int[] next = new int[16];
    private HashColumn[][] columns = new HashColumn[16][];
    private int[] buckets = new int[16];
    private int free = NONE;
    private int high;
    private int live;
    private long blocks;

    EventRuns(long salt) {
        this.salt = salt;
        table = new EngineHashes(salt);
        Arrays.fill(buckets, NONE);
        Arrays.fill(keys, NO_KEYS);
        Arrays.fill(columns, NO_COLUMNS);
    }

    private void everyHash(EngineHashes.Entry each) {
        for (int run = 0; run < high; run++) {
            for (HashColumn column : columns[run]) {
                for (int i = 0; i < column.length; i++) {
                    each.at(column.space, column.hashes[i], run);
                }
            }
        }
    }

    private int bucket(long parent, long key, int mask) {
        long x = (key ^ salt) * 0x9E3779B97F4A7C15L + parent;
        x = (x ^ (x >>> 32)) * 0xD6E8FEB86659FD93L;
        return (int) (x >>> 32) & mask;
    }

    /** The child of {@code parent} that starts with {@code key}; {@link #NONE}, or {@link #TORN} for readers only. */
    int find(long parent, long key) {
        int[] heads = buckets;
        int run = heads[bucket(parent, key, heads.length - 1)];
        for (int steps = 0; run != NONE; run = next[run]) {
            if (tag[run] == parent && keys[run][0] == key) {
                return run;
            }
            if (++steps > LONGEST_CHAIN) {
                return TORN;
            }
        }
        return NONE;
    }

    /**
     * How many keys of the run from {@code at} on agree with {@code sought} from {@code from} on, which ends at {@code end}.
     * An equal key proves all before it equal.
     */
    int match(int run, int at, long[] sought, int from, int end) {
        long[] own = keys[run];
        int n = Math.min(length[run] - at, end - from);
        if (n <= 0 || own[at] != sought[from]) {
            return 0;
        }
        if (own[at + n - 1] == sought[from + n - 1]) {
            return n;
        }
        int equal = 1;
        int unequal = n - 1;
        while (equal < unequal) {
            int middle = (equal + unequal) >>> 1;
            if (own[at + middle] == sought[from + middle]) {
                equal = middle + 1;
            } else {
                unequal = middle;
            }
        }
        return equal;
    }

    int length(int run) {
        return length[run];
    }

    int children(int run) {
        return children[run];
    }

    long tag(int run) {
        return tag[run];
    }

    long key(int run, int at) {
        return keys[run][at];
    }

    // What follows is for the thread that holds the write lock.

    /** A new run that nobody holds; {@link #NONE} where there are too many. */
    int add(long parent, long[] from, int start, int end) {
        int run = free;
        if (run != NONE) {
            free = next[run];
        } else if (high == EngineHashes.MAX_RUNS) {
            return NONE;
        } else {
            if (high == tag.length) {
                grow();
            }
            run = high++;
        }
        if (live >= buckets.length) {
            rehash();
        }
        live++;
        keys[run] = Arrays.copyOfRange(from, start, end);
        length[run] = end - start;
        blocks += end - start;
        children[run] = 0;
        columns[run] = NO_COLUMNS;
        lanes.clear(run);
        link(run, parent);
        if (parent >= 0) {
            children[(int) parent]++;
        }
        return run;
    }

    private void link(int run, long parent) {
        tag[run] = parent;
        int bucket = bucket(parent, keys[run][0], buckets.length - 1);
        next[run] = buckets[bucket];
        buckets[bucket] = run;
    }

    private void unlink(int run) {
        int bucket = bucket(tag[run], keys[run][0], buckets.length - 1);
        int at = buckets[bucket];
        if (at == run) {
            buckets[bucket] = next[run];
            return;
        }
        while (next[at] != run) {
            at = next[at];
        }
        next[at] = next[run];
    }

    private void grow() {
        int capacity = high + (high >>> 1);
        tag = Arrays.copyOf(tag, capacity);
        keys = Arrays.copyOf(keys, capacity);
        length = Arrays.copyOf(length, capacity);
        children = Arrays.copyOf(children, capacity);
        next = Arrays.copyOf(next, capacity);
        columns = Arrays.copyOf(columns, capacity);
        Arrays.fill(keys, high, capacity, NO_KEYS);
        Arrays.fill(columns, high, capacity, NO_COLUMNS);
        lanes.ensure(capacity);
    }

    private void rehash() {
        int[] old = buckets;
        int[] heads = new int[2 * old.length];
        Arrays.fill(heads, NONE);
        for (int run : old) {
            while (run != NONE) {
                int following = next[run];
                int bucket = bucket(tag[run], keys[run][0], heads.length - 1);
                next[run] = heads[bucket];
                heads[bucket] = run;
                run = following;
            }
        }
        buckets = heads;
    }

    /** Appends keys to a run that has no children. */
    void extend(int run, long[] from, int start, int end) {
        int had = length[run];
        int needed = had + end - start;
        if (needed > keys[run].length) {
            keys[run] = Arrays.copyOf(keys[run], needed + (needed >>> 3));
        }
        System.arraycopy(from, start, keys[run], had, end - start);
        length[run] = needed;
        blocks += end - start;
    }

    /** Cuts a run: the part before gets a new number, which is returned; the part behind keeps the number and children. */
    int split(int run, int at) {
        long[] whole = keys[run];
        int end = length[run];
        long parent = tag[run];
        unlink(run);
        int head = add(parent, whole, 0, at);
        if (head == NONE) {
            link(run, parent);
            return NONE;
        }
        blocks -= at;
        if (parent >= 0) {
            children[(int) parent]--;
        }
        keys[run] = Arrays.copyOfRange(whole, at, end);
        length[run] = end - at;
        link(run, head);
        children[head] = 1;
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
            for (int i = 0; i < cut; i++) {
                if (!table.move(column.space, column.hashes[i], run, head)) {
                    replace(run, c, i, head, at);
                }
            }
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
     * Slots of a run's blocks that look alike are made anew, one of them for another run or none.
     *
     * @param cut of earlier columns, and of this one before {@code at}, the blocks before it belong to another run already
     */
    private void replace(int run, int ofColumn, int at, int newRun, int cut) {
        var all = columns[run];
        long look = table.start(all[ofColumn].space, all[ofColumn].hashes[at]) & 0xFF;
        for (int pass = 0; pass < 2; pass++) {
            for (int c = 0; c < all.length; c++) {
                int from = c < ofColumn ? cut : c == ofColumn ? Math.min(at, cut) : 0;
                for (int i = from; i < all[c].length; i++) {
                    long hash = all[c].hashes[i];
                    if ((table.start(all[c].space, hash) & 0xFF) != look) {
                        continue;
                    }
                    int to = c == ofColumn && i == at ? newRun : run;
                    if (pass == 0) {
                        table.removeAll(all[c].space, hash, run);
                    } else if (to != NONE) {
                        table.put(all[c].space, hash, to);
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
        boolean agrees = true;
        for (int i = 0; i < n && at + i <= column.length; i++) {
            long hash = hashes[from + i];
            if (at + i < column.length) {
                if (column.hashes[at + i] != hash) {
                    agrees = false;
                    table.reserve(all);
                    forget(column, at + i, run);
                    column.hashes[at + i] = hash;
                    table.put(space, hash, run);
                }
            } else {
                table.insert(space, hash, run, all);
                column.add(hash, at + n);
            }
        }
        return agrees;
    }

    private void forget(HashColumn column, int at, int run) {
        if (!table.move(column.space, column.hashes[at], run, NONE)) {
            replace(run, Arrays.asList(columns[run]).indexOf(column), at, NONE, 0);
        }
    }

    /** Forgets the hashes of a space behind so many blocks. */
    void truncate(HashColumn column, int run, int newLength) {
        for (int i = column.length - 1; i >= newLength; i--) {
            forget(column, i, run);
            column.length = i;
        }
        column.truncate(newLength);
        if (newLength == 0) {
            columns[run] =
                    Arrays.stream(columns[run]).filter(other -> other != column).toArray(HashColumn[]::new);
        }
    }

    /** Drops what nobody holds of a leaf, and with an empty leaf the same of what was above it. */
    void prune(int leaf) {
        int run = leaf;
        while (run != NONE && children[run] == 0) {
            int longest = lanes.longest(run, length[run]);
            if (longest == length[run]) {
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
            long parent = tag[run];
            remove(run);
            run = parent >= 0 ? (int) parent : NONE;
        }
    }

    private void shrink(int run, int newLength) {
        for (long entry : lanes.partial(run).clone()) {
            if (LaneSet.length(entry) == newLength) {
                lanes.hold(run, LaneSet.lane(entry), newLength, newLength);
            }
        }
        blocks -= length[run] - newLength;
        length[run] = newLength;
        if (keys[run].length > 2 * newLength + 16) {
            keys[run] = Arrays.copyOf(keys[run], newLength);
        }
    }

    private void remove(int run) {
        unlink(run);
        long parent = tag[run];
        if (parent >= 0) {
            children[(int) parent]--;
        }
        blocks -= length[run];
        keys[run] = NO_KEYS;
        length[run] = 0;
        columns[run] = NO_COLUMNS;
        lanes.clear(run);
        next[run] = free;
        free = run;
        live--;
    }

    /** Runs have numbers below this. */
    int high() {
        return high;
    }

    int size() {
        return live;
    }

    long blocks() {
        return blocks;
    }

    /** Of all arrays, with headers of 16 bytes and references of 4. */
    long bytes() {
        long bytes = 36L * tag.length + 4L * buckets.length + lanes.bytes(high) + table.bytes();
        for (int run = 0; run < high; run++) {
            bytes += 16 + 8L * keys[run].length + 16 + 4L * columns[run].length;
            for (HashColumn column : columns[run]) {
                bytes += column.bytes();
            }
        }
        return bytes;
    }
}
