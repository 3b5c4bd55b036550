package io.kvasir.prefix;

import io.kvasir.failure.ContainedFailures;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * The way to change a shard without waiting for it. Whoever finds it free makes its change at once and those that have
 * queued up meanwhile; whoever finds it taken leaves a copy in the queue, for the thread that is in there to take along.
 * Changes of one thread keep their order.
 *
 * <p>No change is stranded: one is queued before its lock attempt fails, and the holder looks at the queue after it has
 * unlocked. The queue is bounded; what it refuses is counted, and costs a prediction.
 */
final class ShardWriter {
    /** Keys that may wait, each change counted as {@link #OVERHEAD} keys more: a megabyte. */
    private static final int QUEUE_LIMIT = 1 << 17;

    private static final int OVERHEAD = 64;
    private static final int MOST_AT_ONCE = 64;

    private interface Change {
        void applyTo(IndexShard shard);
    }

    /** A change that waits for the thread that is changing the shard now, and its share of the queue. */
    private record Queued(Change change, int weight) {}

    private final IndexShard shard;
    private final ContainedFailures failures;
    private final ConcurrentLinkedQueue<Queued> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    /** @param failures of changes, which cost predictions; they must cost neither a request nor the lock */
    ShardWriter(IndexShard shard, ContainedFailures failures) {
        this.shard = shard;
        this.failures = failures;
    }

    void insert(long namespace, long[] keys, int from, int to, int ordinal, int now, int user) {
        long stamp = enter();
        if (stamp == 0) {
            long[] copy = Arrays.copyOf(keys, to);
            leave(to, later -> later.insert(namespace, copy, from, to, ordinal, now, user));
            return;
        }
        try {
            shard.insert(namespace, keys, from, to, ordinal, now, user);
        } catch (RuntimeException e) {
            failures.failed(e);
        } finally {
            shard.lock.unlockWrite(stamp);
        }
        drain();
    }

    void remove(long namespace, long[] keys, int from, int to, int ordinal) {
        long stamp = enter();
        if (stamp == 0) {
            long[] copy = Arrays.copyOf(keys, to);
            leave(to, later -> later.remove(namespace, copy, from, to, ordinal));
            return;
        }
        try {
            shard.remove(namespace, keys, from, to, ordinal);
        } catch (RuntimeException e) {
            failures.failed(e);
        } finally {
            shard.lock.unlockWrite(stamp);
        }
        drain();
    }

    void withdraw(long namespace, long[] keys, int to, int ordinal, int user) {
        long stamp = enter();
        if (stamp == 0) {
            long[] copy = Arrays.copyOf(keys, to);
            leave(to, later -> later.withdraw(namespace, copy, to, ordinal, user));
            return;
        }
        try {
            shard.withdraw(namespace, keys, to, ordinal, user);
        } catch (RuntimeException e) {
            failures.failed(e);
        } finally {
            shard.lock.unlockWrite(stamp);
        }
        drain();
    }

    void occupy(int ordinal, int blocks, int now) {
        leave(0, later -> later.occupy(ordinal, blocks, now));
    }

    /** Evicts ({@link IndexShard#evict}) if the shard is free; false if it is not or if there is no more to take. */
    boolean tryEvict(int ordinal, int blocks, int before, int entries) {
        long stamp = enter();
        if (stamp == 0) {
            return false;
        }
        try {
            return shard.evict(ordinal, blocks, before, entries);
        } finally {
            shard.lock.unlockWrite(stamp);
            drain();
        }
    }

    /** Takes everything from an endpoint, what is queued included. Waits for a change in progress. */
    void clear(int ordinal) {
        boolean more = true;
        while (more) {
            long stamp = shard.lock.writeLock();
            try {
                applyQueued();
                more = shard.evictAll(ordinal, MOST_AT_ONCE) || !queue.isEmpty();
            } finally {
                shard.lock.unlockWrite(stamp);
            }
        }
        drain();
    }

    /** What the shard holds. Waits for a change in progress. */
    IndexShard.Size size() {
        long stamp = shard.lock.writeLock();
        try {
            return shard.size();
        } finally {
            shard.lock.unlockWrite(stamp);
            drain();
        }
    }

    /** The write lock if it is free and what was queued before could be done first; else 0. */
    private long enter() {
        long stamp = shard.lock.tryWriteLock();
        if (stamp != 0 && !queue.isEmpty()) {
            boolean first = false;
            try {
                applyQueued();
                first = queue.isEmpty();
            } finally {
                if (!first) {
                    shard.lock.unlockWrite(stamp);
                }
            }
            return first ? stamp : 0;
        }
        return stamp;
    }

    private void leave(int keys, Change change) {
        int weight = keys + OVERHEAD;
        if (queued.addAndGet(weight) > QUEUE_LIMIT) {
            queued.addAndGet(-weight);
            refused.increment();
        } else {
            queue.add(new Queued(change, weight));
        }
        drain();
    }

    private void drain() {
        while (!queue.isEmpty()) {
            long stamp = shard.lock.tryWriteLock();
            if (stamp == 0) {
                return;
            }
            try {
                applyQueued();
            } finally {
                shard.lock.unlockWrite(stamp);
            }
        }
    }

    private void applyQueued() {
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            Queued next = queue.poll();
            if (next == null) {
                return;
            }
            queued.addAndGet(-next.weight());
            try {
                next.change().applyTo(shard);
            } catch (RuntimeException e) {
                failures.failed(e);
            }
        }
    }

    /** Changes lost because the queue was full. */
    long refused() {
        return refused.sum();
    }
}
