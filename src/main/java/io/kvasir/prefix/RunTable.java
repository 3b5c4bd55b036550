package io.kvasir.prefix;

import java.util.Arrays;

/**
 * The nodes of a compressed radix tree over chained keys. A run is a sequence of keys without a branch; its parent is
 * another run, or a namespace for the runs that start a prompt. Fields lie in parallel primitive arrays by run number;
 * children are found by (parent, first key) in one hash table with chains through {@link #next}. Freed runs are reused.
 *
 * <p>Keys and larger holder sets are one array per run rather than slices of an arena: they never move under a reader,
 * cannot fragment, and shrink with what they hold. A header costs 16 bytes a run, not a block.
 *
 * <p>Readers may look in while a writer works ({@link IndexShard}): everything they call here ends after a bounded
 * number of steps, whatever it reads, or throws an {@link IndexOutOfBoundsException} or
 * {@link NullPointerException}.
 */
final class RunTable {
    static final int NONE = -1;

    /** What {@link #find} answers when a chain is longer than any intact one. */
    static final int TORN = -2;

    /** With at most one run per bucket and a secret salt, a chain this long does not happen. */
    private static final int LONGEST_CHAIN = 256;

    private static final long[] EMPTY = new long[0];

    private final long salt;
    private long[] tag = new long[16];
    private long[][] keys = new long[16][];
    private int[] length = new int[16];
    private int[] children = new int[16];
    private int[] next = new int[16];
    private int[] holderCount = new int[16];
    private long[] holder = new long[16];
    private long[][] holders = new long[16][];
    private int[] buckets = new int[16];

    private int free = NONE;
    private int high;
    private int live;
    private long blocks;
    private long keyCapacity;
    private long holderCapacity;

    RunTable(long salt) {
        this.salt = salt;
        Arrays.fill(buckets, NONE);
    }

    /** The parent tag of the runs that start prompts of a namespace; a run's own number is the tag of its children. */
    static long rootTag(long namespace) {
        return namespace | Long.MIN_VALUE;
    }

    private static int bucket(long tag, long key, long salt, int mask) {
        long x = (key ^ salt) * 0x9E3779B97F4A7C15L + tag;
        x = (x ^ (x >>> 32)) * 0xD6E8FEB86659FD93L;
        return (int) (x >>> 32) & mask;
    }

    /** The child of {@code parent} that starts with {@code key}; {@link #NONE}, or {@link #TORN} for readers only. */
    int find(long parent, long key) {
        int[] heads = buckets;
        int run = heads[bucket(parent, key, salt, heads.length - 1)];
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
     * How many keys of the run agree with {@code sought} from {@code depth} on, reading no further than {@code end};
     * the first is known to. An equal key proves all before it equal, so the last is tried first and a divergence is
     * found by bisection.
     */
    int match(int run, long[] sought, int depth, int end) {
        long[] own = keys[run];
        int n = Math.min(length[run], end - depth);
        if (own[n - 1] == sought[depth + n - 1]) {
            return n;
        }
        int equal = 1;
        int unequal = n - 1;
        while (equal < unequal) {
            int middle = (equal + unequal) >>> 1;
            if (own[middle] == sought[depth + middle]) {
                equal = middle + 1;
            } else {
                unequal = middle;
            }
        }
        return equal;
    }

    /** A new run with no holders. */
    int add(long parent, long[] from, int start, int end) {
        int run = free;
        if (run != NONE) {
            free = next[run];
        } else {
            if (high == tag.length) {
                grow();
            }
            run = high++;
            holders[run] = EMPTY;
        }
        if (live >= buckets.length) {
            rehash();
        }
        live++;
        keys[run] = Arrays.copyOfRange(from, start, end);
        keyCapacity += end - start;
        length[run] = end - start;
        blocks += end - start;
        children[run] = 0;
        holderCount[run] = 0;
        link(run, parent);
        if (parent >= 0) {
            children[(int) parent]++;
        }
        return run;
    }

    private void link(int run, long parent) {
        tag[run] = parent;
        int bucket = bucket(parent, keys[run][0], salt, buckets.length - 1);
        next[run] = buckets[bucket];
        buckets[bucket] = run;
    }

    private void unlink(int run) {
        int bucket = bucket(tag[run], keys[run][0], salt, buckets.length - 1);
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

    /** Appends keys to a run that has no children. */
    void extend(int run, long[] from, int start, int end) {
        int had = length[run];
        int needed = had + end - start;
        if (needed > keys[run].length) {
            recapacitate(run, needed + (needed >>> 2));
        }
        System.arraycopy(from, start, keys[run], had, end - start);
        length[run] = needed;
        blocks += end - start;
    }

    /** Drops keys from the end of a run that has no children. */
    void truncate(int run, int newLength) {
        blocks -= length[run] - newLength;
        length[run] = newLength;
        if (keys[run].length > 2 * newLength + 16) {
            recapacitate(run, newLength);
        }
    }

    private void recapacitate(int run, int capacity) {
        keyCapacity += capacity - keys[run].length;
        keys[run] = Arrays.copyOf(keys[run], capacity);
    }

    /**
     * Cuts a run in two. The part behind the cut keeps the number and with it the children; the part before gets a new
     * one, which is returned, and no holders.
     */
    int splitHead(int run, int at) {
        long[] all = keys[run];
        int end = length[run];
        long parent = tag[run];
        unlink(run);
        int head = add(parent, all, 0, at);
        blocks -= at;
        if (parent >= 0) {
            children[(int) parent]--;
        }
        keys[run] = Arrays.copyOfRange(all, at, end);
        keyCapacity += end - at - all.length;
        length[run] = end - at;
        link(run, head);
        children[head] = 1;
        return head;
    }

    /** Gives up a run that has neither children nor holders. */
    void remove(int run) {
        unlink(run);
        long parent = tag[run];
        if (parent >= 0) {
            children[(int) parent]--;
        }
        blocks -= length[run];
        keyCapacity -= keys[run].length;
        keys[run] = EMPTY;
        length[run] = 0;
        setHolders(run, EMPTY, 0);
        next[run] = free;
        free = run;
        live--;
    }

    /** The run above, or {@link #NONE} below a namespace. */
    int parent(int run) {
        return tag[run] >= 0 ? (int) tag[run] : NONE;
    }

    int length(int run) {
        return length[run];
    }

    int children(int run) {
        return children[run];
    }

    /**
     * Raises the answer of every holder of this run that also holds all before it, from {@code depth} blocks to what it
     * holds of the next {@code matched}.
     */
    void credit(int run, int depth, int matched, int[] answer, int endpoints) {
        int count = holderCount[run];
        if (count == 1) {
            credit(holder[run], depth, matched, answer, endpoints);
        } else if (count > 1) {
            long[] many = holders[run];
            for (int i = 0; i < count; i++) {
                credit(many[i], depth, matched, answer, endpoints);
            }
        }
    }

    private static void credit(long holder, int depth, int matched, int[] answer, int endpoints) {
        int ordinal = Holder.ordinal(holder);
        if (ordinal < endpoints && answer[ordinal] == depth) {
            answer[ordinal] = depth + Math.min(matched, Holder.length(holder));
        }
    }

    int holderCount(int run) {
        return holderCount[run];
    }

    long holder(int run, int index) {
        return holderCount[run] == 1 ? holder[run] : holders[run][index];
    }

    /** Where an endpoint's holder is, or -1 - the index at which it would be. */
    int findHolder(int run, int ordinal) {
        int count = holderCount[run];
        if (count == 0) {
            return -1;
        }
        int low = 0;
        int above = count;
        while (low < above) {
            int middle = (low + above) >>> 1;
            int at = Holder.ordinal(holder(run, middle));
            if (at == ordinal) {
                return middle;
            }
            if (at < ordinal) {
                low = middle + 1;
            } else {
                above = middle;
            }
        }
        return -1 - low;
    }

    void setHolder(int run, int index, long value) {
        if (holderCount[run] == 1) {
            holder[run] = value;
        } else {
            holders[run][index] = value;
        }
    }

    void addHolder(int run, int index, long value) {
        int count = holderCount[run];
        if (count == 0) {
            holder[run] = value;
        } else {
            long[] many = holders[run];
            if (count == 1) {
                many = new long[2];
                many[0] = holder[run];
                holderCapacity += 2;
            } else if (count == many.length) {
                many = Arrays.copyOf(many, count + (count >>> 1) + 1);
                holderCapacity += many.length - count;
            }
            System.arraycopy(many, index, many, index + 1, count - index);
            many[index] = value;
            holders[run] = many;
        }
        holderCount[run] = count + 1;
    }

    void removeHolder(int run, int index) {
        int count = holderCount[run];
        if (count <= 2) {
            long left = count == 2 ? holders[run][1 - index] : 0;
            setHolders(run, EMPTY, 0);
            holder[run] = left;
            holderCount[run] = count - 1;
            return;
        }
        long[] many = holders[run];
        System.arraycopy(many, index + 1, many, index, count - index - 1);
        holderCount[run] = count - 1;
        if (many.length > 2 * count + 8) {
            holderCapacity += count - many.length;
            holders[run] = Arrays.copyOf(many, count);
        }
    }

    /** Replaces all holders by the first {@code count} of {@code sorted}, which the table keeps. */
    void setHolders(int run, long[] sorted, int count) {
        holderCapacity -= holders[run].length;
        holders[run] = count > 1 ? sorted : EMPTY;
        if (count > 1) {
            holderCapacity += sorted.length;
        } else if (count == 1) {
            holder[run] = sorted[0];
        }
        holderCount[run] = count;
    }

    /** The most blocks that any holder has of the run. */
    int longestHeld(int run) {
        int longest = 0;
        for (int i = 0; i < holderCount[run]; i++) {
            longest = Math.max(longest, Holder.length(holder(run, i)));
        }
        return longest;
    }

    private void grow() {
        int capacity = high + (high >>> 1);
        tag = Arrays.copyOf(tag, capacity);
        keys = Arrays.copyOf(keys, capacity);
        length = Arrays.copyOf(length, capacity);
        children = Arrays.copyOf(children, capacity);
        next = Arrays.copyOf(next, capacity);
        holderCount = Arrays.copyOf(holderCount, capacity);
        holder = Arrays.copyOf(holder, capacity);
        holders = Arrays.copyOf(holders, capacity);
    }

    private void rehash() {
        int[] old = buckets;
        int[] heads = new int[2 * old.length];
        Arrays.fill(heads, NONE);
        for (int run : old) {
            while (run != NONE) {
                int following = next[run];
                int bucket = bucket(tag[run], keys[run][0], salt, heads.length - 1);
                next[run] = heads[bucket];
                heads[bucket] = run;
                run = following;
            }
        }
        buckets = heads;
    }

    int size() {
        return live;
    }

    /** Keys over all runs: blocks known, each once. */
    long blocks() {
        return blocks;
    }

    /** Bytes of all arrays, with headers of 16 bytes and references of 4. */
    long bytes() {
        return 8 * (keyCapacity + holderCapacity) + 16L * live + 40L * tag.length + 4L * buckets.length;
    }
}
