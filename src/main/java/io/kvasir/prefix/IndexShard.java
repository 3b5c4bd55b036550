package io.kvasir.prefix;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.StampedLock;

/**
 * A part of the index that is changed by one thread at a time and read without locks. A prompt lies in one shard whole.
 *
 * <p>What an endpoint holds of a run is one length, since caches give up a path from its end; a hole, where one comes
 * about, splits the run. An endpoint that holds a run need not hold what is above it: a lookup counts a run only for
 * endpoints that hold everything before.
 *
 * <p>Readers use optimistic stamps of a {@link StampedLock}. By its contract, what was read between
 * {@code tryOptimisticRead} and a successful {@code validate} is what one state between two changes held, so an answer
 * was true of the whole shard at one moment. Until then anything may have been seen: readers end after a bounded number
 * of steps on any content, and an exception from an attempt that does not validate means as little as its answer.
 */
final class IndexShard {
    /** What {@link #lookup} answers when no attempt found the shard unchanged. */
    static final int CONTENDED = -1;

    /** What {@link #coldestTick} answers when it has no tick to tell. */
    static final long NEVER = Long.MIN_VALUE;

    private static final int ATTEMPTS = 64;
    private static final int SPINS = 32;
    private static final int NONE = KeyRuns.NONE;

    final StampedLock lock = new StampedLock();
    private final RunTable runs;
    private final UseLists uses = new UseLists();
    private final AtomicIntegerArray held;
    private final boolean ordered;

    /**
     * @param held blocks held by ordinal, over all shards; kept up to date
     * @param ordered whether the order of use is kept exactly, at the price of splitting a run when an endpoint uses
     *     only the first part of what it holds of it
     */
    IndexShard(long salt, AtomicIntegerArray held, boolean ordered) {
        this.runs = new RunTable(salt);
        this.held = held;
        this.ordered = ordered;
    }

    /**
     * Sets {@code answer[o]} for ordinals below {@code endpoints} to the leading blocks that o holds.
     *
     * @param answer zeros on entry; zeros on exit, too, if the answer is {@link #CONTENDED}
     * @return the leading blocks known at all, or {@link #CONTENDED}
     */
    int lookup(long namespace, long[] keys, int n, int[] answer, int endpoints) {
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
                known = walk(namespace, keys, n, answer, endpoints);
            } catch (IndexOutOfBoundsException | NullPointerException torn) {
                if (lock.validate(stamp)) {
                    throw torn;
                }
                known = CONTENDED;
            }
            if (known != CONTENDED && lock.validate(stamp)) {
                return known;
            }
            Arrays.fill(answer, 0, endpoints, 0);
        }
        return CONTENDED;
    }

    private int walk(long namespace, long[] keys, int n, int[] answer, int endpoints) {
        long tag = KeyRuns.rootTag(namespace);
        int depth = 0;
        while (depth < n) {
            int run = runs.find(tag, keys[depth]);
            if (run < 0) {
                return run == NONE ? depth : CONTENDED;
            }
            int matched = runs.match(run, 0, keys, depth, n);
            runs.credit(run, depth, matched, answer, endpoints);
            depth += matched;
            if (matched < runs.length(run)) {
                return depth;
            }
            tag = run;
        }
        return depth;
    }

    /** When the endpoint last used what it has longest not used; {@link #NEVER} if it has nothing or that is changing. */
    long coldestTick(int ordinal) {
        long stamp = lock.tryOptimisticRead();
        try {
            int entry = uses.coldest(ordinal);
            long tick = entry == UseLists.NONE ? NEVER : uses.tick(entry);
            return lock.validate(stamp) ? tick : NEVER;
        } catch (IndexOutOfBoundsException torn) {
            return NEVER;
        }
    }

    // What follows is for the thread that holds the write lock.

    /**
     * The endpoint holds blocks {@code from} to {@code to} - 1 of the path, and has just used them.
     *
     * @param user who may {@link #withdraw} what is new by this, {@link UseLists#SHARED} for nobody
     */
    void insert(long namespace, long[] keys, int from, int to, int ordinal, int now, int user) {
        long tag = KeyRuns.rootTag(namespace);
        int depth = 0;
        int above = UseLists.NONE;
        while (depth < to) {
            int run = runs.find(tag, keys[depth]);
            int matched;
            if (run == NONE) {
                run = runs.add(tag, keys, depth, to);
                matched = to - depth;
            } else {
                matched = runs.match(run, 0, keys, depth, to);
                if (depth + matched < to) {
                    if (matched < runs.length(run)) {
                        run = split(run, matched);
                    } else if (runs.children(run) == 0) {
                        runs.extend(run, keys, depth + matched, to);
                        matched = to - depth;
                    }
                }
            }
            int first = Math.max(0, from - depth);
            if (first < matched) {
                above = hold(run, first, matched, ordinal, above, now, user);
            }
            depth += matched;
            tag = run;
        }
    }

    /** Returns the use entry, to place those of the runs below it. */
    private int hold(int run, int first, int end, int ordinal, int above, int now, int user) {
        int at = runs.findHolder(run, ordinal);
        int had = at < 0 ? 0 : Holder.length(runs.holder(run, at));
        if (first > had) {
            split(run, first);
            return hold(run, 0, end - first, ordinal, above, now, user);
        }
        int holding = run;
        if (ordered && had > end) {
            holding = split(run, end);
            at = runs.findHolder(holding, ordinal);
            had = end;
        }
        int entry;
        if (at < 0) {
            entry = uses.add(holding);
            runs.addHolder(holding, -1 - at, Holder.of(ordinal, end, entry));
            uses.own(entry, user, 0);
        } else {
            entry = Holder.entry(runs.holder(holding, at));
            uses.unlink(entry, ordinal);
            if (end > had) {
                runs.setHolder(holding, at, Holder.of(ordinal, end, entry));
                uses.own(entry, user, had);
            } else {
                uses.own(entry, UseLists.SHARED, 0);
            }
        }
        uses.place(entry, ordinal, above, now);
        if (end > had) {
            held.addAndGet(ordinal, end - had);
        }
        return entry;
    }

    /** Cuts a run; see {@link RunTable#splitHead}. What reached over the cut is held, and was used, on both sides. */
    private int split(int run, int at) {
        int head = runs.splitHead(run, at);
        int count = runs.holderCount(run);
        long[] before = new long[count];
        long[] behind = new long[count];
        int left = 0;
        for (int i = 0; i < count; i++) {
            long holder = runs.holder(run, i);
            int length = Holder.length(holder);
            int entry = Holder.entry(holder);
            if (length <= at) {
                before[i] = holder;
                uses.moveTo(entry, head);
            } else {
                int ordinal = Holder.ordinal(holder);
                int own = uses.add(head);
                uses.placeAbove(own, ordinal, entry);
                int base = uses.base(entry);
                uses.own(own, uses.owner(entry), Math.min(base, at));
                uses.own(entry, uses.owner(entry), Math.max(0, base - at));
                before[i] = Holder.of(ordinal, at, own);
                behind[left++] = Holder.of(ordinal, length - at, entry);
            }
        }
        runs.setHolders(head, before, count);
        runs.setHolders(run, behind, left);
        return head;
    }

    /** The endpoint no longer holds blocks {@code from} to {@code to} - 1 of the path. */
    void remove(long namespace, long[] keys, int from, int to, int ordinal) {
        long tag = KeyRuns.rootTag(namespace);
        int depth = 0;
        while (depth < to) {
            int run = runs.find(tag, keys[depth]);
            if (run == NONE) {
                return;
            }
            int matched = runs.match(run, 0, keys, depth, to);
            boolean whole = matched == runs.length(run);
            boolean more = whole && runs.children(run) > 0;
            int first = Math.max(0, from - depth);
            if (first < matched) {
                unhold(run, first, matched, ordinal);
            }
            if (!more) {
                return;
            }
            depth += matched;
            tag = run;
        }
    }

    /** The endpoint no longer holds what {@code user} brought of the first {@code to} blocks and nobody else has used. */
    void withdraw(long namespace, long[] keys, int to, int ordinal, int user) {
        long tag = KeyRuns.rootTag(namespace);
        int depth = 0;
        while (depth < to) {
            int run = runs.find(tag, keys[depth]);
            if (run == NONE) {
                return;
            }
            int matched = runs.match(run, 0, keys, depth, to);
            boolean more = matched == runs.length(run) && runs.children(run) > 0;
            int at = runs.findHolder(run, ordinal);
            if (at >= 0) {
                long holder = runs.holder(run, at);
                int entry = Holder.entry(holder);
                if (uses.owner(entry) == user && Holder.length(holder) > uses.base(entry)) {
                    shorten(run, at, uses.base(entry));
                }
            }
            if (!more) {
                return;
            }
            depth += matched;
            tag = run;
        }
    }

    private void unhold(int run, int first, int end, int ordinal) {
        int at = runs.findHolder(run, ordinal);
        if (at < 0) {
            return;
        }
        int had = Holder.length(runs.holder(run, at));
        if (had <= first) {
            return;
        }
        if (had > end) {
            int head = split(run, end);
            shorten(head, runs.findHolder(head, ordinal), first);
        } else {
            shorten(run, at, first);
        }
    }

    /** What an endpoint holds of a run now ends at {@code newLength}. */
    private void shorten(int run, int at, int newLength) {
        long holder = runs.holder(run, at);
        int ordinal = Holder.ordinal(holder);
        int entry = Holder.entry(holder);
        int had = Holder.length(holder);
        held.addAndGet(ordinal, newLength - had);
        if (newLength == 0) {
            uses.remove(entry, ordinal);
            runs.removeHolder(run, at);
        } else {
            runs.setHolder(run, at, Holder.of(ordinal, newLength, entry));
        }
        if (had == runs.length(run)) {
            prune(run);
        }
    }

    /** Drops the end of a leaf that nobody holds, and with an empty leaf the same of what was above it. */
    private void prune(int leaf) {
        int run = leaf;
        while (run != NONE && runs.children(run) == 0) {
            int longest = runs.longestHeld(run);
            if (longest > 0) {
                runs.truncate(run, longest);
                return;
            }
            int parent = runs.parent(run);
            runs.remove(run);
            run = parent;
        }
    }

    /** The endpoint holds some blocks, not known by key, and has just used them. */
    void occupy(int ordinal, int blocks, int now) {
        uses.place(uses.addUnkeyed(blocks), ordinal, UseLists.NONE, now);
        held.addAndGet(ordinal, blocks);
    }

    /**
     * Takes blocks from an endpoint, those longest unused first and of a path its end first.
     *
     * @param blocks the most to take
     * @param before only what was last used before this tick, compared as a difference
     * @param entries the most runs to touch
     * @return whether it stopped at {@code entries} with more to take
     */
    boolean evict(int ordinal, int blocks, int before, int entries) {
        return evict(ordinal, blocks, before, false, entries);
    }

    /** Takes all blocks from an endpoint, touching at most {@code entries} runs; returns whether there is more. */
    boolean evictAll(int ordinal, int entries) {
        return evict(ordinal, Integer.MAX_VALUE, 0, true, entries);
    }

    private boolean evict(int ordinal, int blocks, int before, boolean ofAnyAge, int entries) {
        int left = blocks;
        for (int i = 0; left > 0; i++) {
            int entry = uses.coldest(ordinal);
            if (entry == UseLists.NONE || (!ofAnyAge && uses.tick(entry) - before >= 0)) {
                return false;
            }
            if (i == entries) {
                return true;
            }
            int run = uses.run(entry);
            if (run < 0) {
                int size = UseLists.unkeyedBlocks(run);
                int cut = Math.min(size, left);
                if (cut == size) {
                    uses.remove(entry, ordinal);
                } else {
                    uses.setUnkeyedBlocks(entry, size - cut);
                }
                held.addAndGet(ordinal, -cut);
                left -= cut;
            } else {
                int at = runs.findHolder(run, ordinal);
                int size = Holder.length(runs.holder(run, at));
                int cut = Math.min(size, left);
                shorten(run, at, size - cut);
                left -= cut;
            }
        }
        return false;
    }

    /**
     * @param blocks blocks known
     * @param runs nodes of the tree
     * @param entries pairs of endpoint and run, and groups of unkeyed blocks
     * @param bytes of all arrays
     */
    record Size(long blocks, int runs, int entries, long bytes) {}

    Size size() {
        return new Size(runs.blocks(), runs.size(), uses.size(), runs.bytes() + uses.bytes());
    }
}
