package io.kvasir.prefix;

import io.kvasir.failure.ContainedFailures;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Which endpoint holds which blocks: a compressed radix tree over chained keys, in shards by the first key of a prompt.
 * Looked up without locks by any number of threads; changed by any thread without waiting, unless said otherwise.
 *
 * <p>Ticks are times of use on any scale of the caller's, compared as differences.
 */
public final class PrefixIndex {
    /** What {@link #lookup} answers when the shard kept changing. */
    public static final int CONTENDED = IndexShard.CONTENDED;

    /** The longest path in blocks. */
    public static final int MAX_BLOCKS = Holder.MAX_LENGTH;

    /** The most endpoints an index can tell apart. */
    public static final int MAX_ENDPOINTS = 1 << 15;

    private static final int EVICTED_AT_ONCE = 64;

    private final IndexShard[] shards;
    private final ShardWriter[] writers;
    private final ContainedFailures failures = new ContainedFailures("a change of the prefix index");
    private final AtomicIntegerArray held;
    private final LongAdder contended = new LongAdder();

    /**
     * What the index holds and costs.
     *
     * @param blocks blocks known, each counted once
     * @param replicas blocks held, counted for each endpoint
     * @param runs nodes of the tree
     * @param bytes memory of all arrays
     * @param contended lookups given up because of changes
     * @param refused changes dropped because too many were waiting
     */
    public record Stats(long blocks, long replicas, long runs, long bytes, long contended, long refused) {}

    /**
     * @param shards parts that can change at the same time, a power of two
     * @param maxEndpoints ordinals are below this, at most {@link #MAX_ENDPOINTS}
     * @param salt a secret that keeps clients from aiming at one bucket of the hash table
     * @param ordered whether eviction follows the order of use block by block; else run by run, with fewer runs
     */
    public PrefixIndex(int shards, int maxEndpoints, long salt, boolean ordered) {
        if (Integer.bitCount(shards) != 1) {
            throw new IllegalArgumentException("shards " + shards + " is not a power of two");
        }
        if (maxEndpoints < 1 || maxEndpoints > MAX_ENDPOINTS) {
            throw new IllegalArgumentException("maxEndpoints " + maxEndpoints + " is not in 1.." + MAX_ENDPOINTS);
        }
        held = new AtomicIntegerArray(maxEndpoints);
        this.shards = new IndexShard[shards];
        writers = new ShardWriter[shards];
        for (int i = 0; i < shards; i++) {
            this.shards[i] = new IndexShard(salt, held, ordered);
            writers[i] = new ShardWriter(this.shards[i], failures);
        }
    }

    /** Changes that failed. */
    long failures() {
        return failures.count();
    }

    private int shard(long namespace, long firstKey) {
        return (int) (ChunkChain.link(namespace, firstKey) >>> 40) & (shards.length - 1);
    }

    /**
     * Sets {@code answer[o]} for ordinals below {@code endpoints} to the leading blocks of the path that o holds, all
     * true at one moment during the call.
     *
     * @param keys the path, of which the first {@code n} keys count
     * @param answer zeros on entry, and on exit if the result is {@link #CONTENDED}
     * @return the leading blocks that are known at all, or {@link #CONTENDED}
     */
    public int lookup(long namespace, long[] keys, int n, int[] answer, int endpoints) {
        if (n == 0) {
            return 0;
        }
        int known = shards[shard(namespace, keys[0])].lookup(namespace, keys, n, answer, endpoints);
        if (known == CONTENDED) {
            contended.increment();
        }
        return known;
    }

    /**
     * An endpoint holds blocks {@code from} to {@code to} - 1 of a path and has just used them. The keys are read
     * during the call only.
     *
     * @param to at most {@link #MAX_BLOCKS}
     */
    public void insert(long namespace, long[] keys, int from, int to, int ordinal, int now) {
        check(keys, from, to, ordinal);
        if (from < to) {
            writers[shard(namespace, keys[0])].insert(namespace, keys, from, to, ordinal, now, UseLists.SHARED);
        }
    }

    /**
     * An endpoint will hold the first {@code to} blocks of a path if the request that has them runs, and until
     * {@link #withdraw} it counts as using them.
     *
     * @param user the request, not 0; unlike those in progress
     */
    public void bring(long namespace, long[] keys, int to, int ordinal, int now, int user) {
        check(keys, 0, to, ordinal);
        if (to > 0) {
            writers[shard(namespace, keys[0])].insert(namespace, keys, 0, to, ordinal, now, user);
        }
    }

    /**
     * The request {@code user} never ran: the endpoint does not hold what only it has brought. What was there before, and
     * what another request has used since, stays.
     */
    public void withdraw(long namespace, long[] keys, int to, int ordinal, int user) {
        check(keys, 0, to, ordinal);
        if (to > 0) {
            writers[shard(namespace, keys[0])].withdraw(namespace, keys, to, ordinal, user);
        }
    }

    /** An endpoint no longer holds blocks {@code from} to {@code to} - 1 of a path. */
    public void remove(long namespace, long[] keys, int from, int to, int ordinal) {
        check(keys, from, to, ordinal);
        if (from < to) {
            writers[shard(namespace, keys[0])].remove(namespace, keys, from, to, ordinal);
        }
    }

    private void check(long[] keys, int from, int to, int ordinal) {
        if (from < 0 || to > keys.length || to > MAX_BLOCKS) {
            throw new IndexOutOfBoundsException("blocks " + from + " to " + to + " of " + keys.length);
        }
        if (ordinal < 0 || ordinal >= held.length()) {
            throw new IndexOutOfBoundsException("ordinal " + ordinal + " of " + held.length());
        }
    }

    /**
     * An endpoint holds some blocks of unknown content and has just used them; they age like the others.
     *
     * @param near any key, to spread such blocks over the shards
     */
    public void occupy(int ordinal, int blocks, long near, int now) {
        if (blocks > 0) {
            writers[shard(0, near)].occupy(ordinal, blocks, now);
        }
    }

    /**
     * Evicts from an endpoint until it holds at most {@code blocks}, least recently used first. May stop early where
     * another thread is changing the index; the next call goes on.
     */
    public void evictTo(int ordinal, int blocks) {
        int excess = held.get(ordinal) - blocks;
        while (excess > 0) {
            int coldest = -1;
            long tick = 0;
            long next = IndexShard.NEVER;
            for (int i = 0; i < shards.length; i++) {
                long candidate = shards[i].coldestTick(ordinal);
                if (candidate == IndexShard.NEVER) {
                    continue;
                }
                if (coldest < 0 || (int) candidate - (int) tick < 0) {
                    next = coldest < 0 ? IndexShard.NEVER : tick;
                    coldest = i;
                    tick = candidate;
                } else if (next == IndexShard.NEVER || (int) candidate - (int) next < 0) {
                    next = candidate;
                }
            }
            if (coldest < 0) {
                return;
            }
            int before = next == IndexShard.NEVER ? (int) tick + Integer.MAX_VALUE : (int) next + 1;
            writers[coldest].tryEvict(ordinal, excess, before, EVICTED_AT_ONCE);
            int left = held.get(ordinal) - blocks;
            if (left >= excess) {
                return;
            }
            excess = left;
        }
    }

    /** Evicts what an endpoint last used before a tick. May stop early like {@link #evictTo}. */
    public void expire(int ordinal, int before) {
        for (int i = 0; i < shards.length; i++) {
            long coldest = shards[i].coldestTick(ordinal);
            if (coldest != IndexShard.NEVER && (int) coldest - before < 0) {
                boolean more = true;
                while (more) {
                    more = writers[i].tryEvict(ordinal, Integer.MAX_VALUE, before, EVICTED_AT_ONCE);
                }
            }
        }
    }

    /** Takes everything from an endpoint before it returns; waits for changes in progress, a few microseconds. */
    public void clear(int ordinal) {
        for (ShardWriter writer : writers) {
            writer.clear(ordinal);
        }
    }

    /** Blocks that an endpoint holds. */
    public int held(int ordinal) {
        return held.get(ordinal);
    }

    /** Waits for changes in progress, a few microseconds a shard. */
    public Stats stats() {
        long blocks = 0;
        long runs = 0;
        long bytes = 4L * held.length();
        long refused = 0;
        for (int i = 0; i < shards.length; i++) {
            IndexShard.Size size = writers[i].size();
            blocks += size.blocks();
            runs += size.runs();
            bytes += size.bytes();
            refused += writers[i].refused();
        }
        long replicas = 0;
        for (int i = 0; i < held.length(); i++) {
            replicas += held.get(i);
        }
        return new Stats(blocks, replicas, runs, bytes, contended.sum(), refused);
    }
}
