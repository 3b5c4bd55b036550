package io.kvasir.prefix;

import java.util.Arrays;

/**
 * The nodes of a compressed radix tree over chained keys. A run is a sequence of keys without a branch; its parent is
 * another run, or a namespace for the runs that start a prompt. What a lookup needs of a run that agrees lies in one place,
 * {@link #heads}; children are found by (parent, first key) in one hash table with chains through these. Freed runs are
 * reused.
 *
 * <p>Keys are one array per run rather than slices of an arena: they never move under a reader, cannot fragment, and shrink
 * with what they hold. A header costs 16 bytes a run, not a block.
 *
 * <p>Readers may look in while a writer works ({@link IndexShard}): everything they call here ends after a bounded
 * number of steps, whatever it reads, or throws an {@link IndexOutOfBoundsException} or
 * {@link NullPointerException}.
 */
abstract class KeyRuns {
    static final int NONE = -1;

    /** What {@link #find} answers when a chain is longer than any intact one. */
    static final int TORN = -2;

    /** Runs that there is room for in the beginning. */
    static final int FIRST_CAPACITY = 16;

    /** With at most one run per bucket and a secret salt, a chain this long does not happen. */
    private static final int LONGEST_CHAIN = 256;

    private static final int BITS_OF_HEAD = 2;
    private static final int HEAD = 1 << BITS_OF_HEAD;
    private static final int FIRST_KEY = 1;
    private static final int LAST_KEY = 2;
    private static final int LENGTH_AND_NEXT = 3;

    private static final long[] NO_KEYS = {};

    private final long salt;
    private final int most;
    private final int longest;
    /** By run, {@value #HEAD} longs: its tag, its first key, its last, and its length beside the next run of its chain. */
    private long[] heads = new long[FIRST_CAPACITY << BITS_OF_HEAD];

    private long[][] keys = new long[FIRST_CAPACITY][];
    private int[] children = new int[FIRST_CAPACITY];
    private int[] buckets = new int[FIRST_CAPACITY];
    private int free = NONE;
    private int high;
    private int live;
    private long blocks;
    private long keyCapacity;

    /**
     * @param salt a secret for the hash table
     * @param most runs that there may be
     * @param longest a run that was {@linkplain #extend extended} is mostly no longer than this
     */
    KeyRuns(long salt, int most, int longest) {
        this.salt = salt;
        this.most = most;
        this.longest = longest;
        Arrays.fill(buckets, NONE);
        Arrays.fill(keys, NO_KEYS);
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
    final int find(long parent, long key) {
        int[] first = buckets;
        int run = first[bucket(parent, key, salt, first.length - 1)];
        for (int steps = 0; run != NONE; run = next(run)) {
            int head = run << BITS_OF_HEAD;
            if (heads[head] == parent && heads[head + FIRST_KEY] == key) {
                return run;
            }
            if (++steps > LONGEST_CHAIN) {
                return TORN;
            }
        }
        return NONE;
    }

    private int next(int run) {
        return (int) heads[(run << BITS_OF_HEAD) + LENGTH_AND_NEXT];
    }

    private void next(int run, int following) {
        int at = (run << BITS_OF_HEAD) + LENGTH_AND_NEXT;
        heads[at] = heads[at] >>> 32 << 32 | following & 0xFFFFFFFFL;
    }

    private void length(int run, int blocks) {
        int at = (run << BITS_OF_HEAD) + LENGTH_AND_NEXT;
        heads[at] = (long) blocks << 32 | heads[at] & 0xFFFFFFFFL;
    }

    private long firstKey(int run) {
        return heads[(run << BITS_OF_HEAD) + FIRST_KEY];
    }

    /** What its head says of its keys, of which there are some, is so again. */
    private void ends(int run) {
        long[] own = keys[run];
        heads[(run << BITS_OF_HEAD) + FIRST_KEY] = own[0];
        heads[(run << BITS_OF_HEAD) + LAST_KEY] = own[length(run) - 1];
    }

    /**
     * How many keys of the run from {@code at} on agree with {@code sought} from {@code from} on, which ends at {@code end}.
     * An equal key proves all before it equal, so the last is tried first and a divergence is found by bisection.
     */
    final int match(int run, int at, long[] sought, int from, int end) {
        int length = length(run);
        int n = Math.min(length - at, end - from);
        if (n <= 0) {
            return 0;
        }
        if (at + n == length && heads[(run << BITS_OF_HEAD) + LAST_KEY] == sought[from + n - 1]) {
            return n;
        }
        long[] own = keys[run];
        if (own[at] != sought[from]) {
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

    final int length(int run) {
        return (int) (heads[(run << BITS_OF_HEAD) + LENGTH_AND_NEXT] >>> 32);
    }

    final int children(int run) {
        return children[run];
    }

    /** What it follows: a {@linkplain #rootTag namespace} or the number of a run. */
    final long tag(int run) {
        return heads[run << BITS_OF_HEAD];
    }

    /** The run above, or {@link #NONE} below a namespace. */
    final int parent(int run) {
        long above = tag(run);
        return above >= 0 ? (int) above : NONE;
    }

    final long key(int run, int at) {
        return keys[run][at];
    }

    // What follows is for the thread that holds the write lock.

    /** A new run that nobody holds; {@link #NONE} where there are too many. */
    int add(long parent, long[] from, int start, int end) {
        if (isFull()) {
            return NONE;
        }
        int run = free;
        if (run != NONE) {
            free = next(run);
        } else {
            if (high == children.length) {
                grow();
            }
            run = high++;
        }
        if (live >= buckets.length) {
            rehash();
        }
        live++;
        keys[run] = Arrays.copyOfRange(from, start, end);
        keyCapacity += end - start;
        length(run, end - start);
        ends(run);
        blocks += end - start;
        children[run] = 0;
        link(run, parent);
        if (parent >= 0) {
            children[(int) parent]++;
        }
        return run;
    }

    /** Whether there can be no more runs. */
    final boolean isFull() {
        return free == NONE && high == most;
    }

    private void link(int run, long parent) {
        heads[run << BITS_OF_HEAD] = parent;
        int bucket = bucket(parent, firstKey(run), salt, buckets.length - 1);
        next(run, buckets[bucket]);
        buckets[bucket] = run;
    }

    private void unlink(int run) {
        int bucket = bucket(tag(run), firstKey(run), salt, buckets.length - 1);
        int at = buckets[bucket];
        if (at == run) {
            buckets[bucket] = next(run);
            return;
        }
        while (next(at) != run) {
            at = next(at);
        }
        next(at, next(run));
    }

    private void grow() {
        int capacity = high + (high >>> 1);
        heads = Arrays.copyOf(heads, capacity << BITS_OF_HEAD);
        keys = Arrays.copyOf(keys, capacity);
        children = Arrays.copyOf(children, capacity);
        Arrays.fill(keys, high, capacity, NO_KEYS);
        ensure(high, capacity);
    }

    /** Makes room for so many runs, {@code had} of which there was room for. */
    abstract void ensure(int had, int capacity);

    private void rehash() {
        int[] old = buckets;
        int[] more = new int[2 * old.length];
        Arrays.fill(more, NONE);
        for (int run : old) {
            while (run != NONE) {
                int following = next(run);
                int bucket = bucket(tag(run), firstKey(run), salt, more.length - 1);
                next(run, more[bucket]);
                more[bucket] = run;
                run = following;
            }
        }
        buckets = more;
    }

    /** Appends keys to a run that has no children. */
    final void extend(int run, long[] from, int start, int end) {
        int had = length(run);
        int needed = had + end - start;
        if (needed > keys[run].length) {
            recapacitate(run, Math.max(needed, Math.min(longest, needed + (needed >>> 2))));
        }
        System.arraycopy(from, start, keys[run], had, end - start);
        length(run, needed);
        ends(run);
        blocks += end - start;
    }

    /** Drops keys from the end of a run that has no children. */
    void truncate(int run, int newLength) {
        blocks -= length(run) - newLength;
        length(run, newLength);
        if (newLength > 0) {
            ends(run);
        }
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
     * one, which is returned, and nobody who holds it. There has to be room.
     */
    final int splitHead(int run, int at) {
        long[] all = keys[run];
        int end = length(run);
        long parent = tag(run);
        unlink(run);
        int head = add(parent, all, 0, at);
        blocks -= at;
        if (parent >= 0) {
            children[(int) parent]--;
        }
        keys[run] = Arrays.copyOfRange(all, at, end);
        keyCapacity += end - at - all.length;
        length(run, end - at);
        ends(run);
        link(run, head);
        children[head] = 1;
        return head;
    }

    /** Gives up a run that has neither children nor holders. */
    void remove(int run) {
        unlink(run);
        long parent = tag(run);
        if (parent >= 0) {
            children[(int) parent]--;
        }
        blocks -= length(run);
        keyCapacity -= keys[run].length;
        keys[run] = NO_KEYS;
        length(run, 0);
        next(run, free);
        free = run;
        live--;
    }

    /** Runs have numbers below this. */
    final int high() {
        return high;
    }

    final int size() {
        return live;
    }

    /** Keys over all runs: blocks known, each once. */
    final long blocks() {
        return blocks;
    }

    /** Bytes of all arrays, with headers of 16 bytes and references of 4. */
    long bytes() {
        return 8 * keyCapacity + 16L * live + (8L * HEAD + 8) * children.length + 4L * buckets.length;
    }
}
