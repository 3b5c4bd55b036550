package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.failure.ContainedFailures;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class ShardWriterTest {
    private static final long[] KEYS = {1, 2, 3};

    private final AtomicIntegerArray held = new AtomicIntegerArray(2);
    private final IndexShard shard = new IndexShard(1, held, true);
    private final ContainedFailures failures = new ContainedFailures("a change");
    private final ShardWriter writer = new ShardWriter(shard, failures);

    /** An ordinal that the shard has no place for. */
    private static final int TOO_HIGH = 7;

    @Test
    void aChangeThatFailsLeavesTheLockFree() {
        writer.insert(1, KEYS, 0, 3, TOO_HIGH, 1, 0);
        assertThat(failures.count()).isEqualTo(1);
        assertThat(shard.lock.isWriteLocked()).isFalse();
        writer.insert(2, KEYS, 0, 3, 0, 1, 0);
        assertThat(held.get(0)).isEqualTo(3);
    }

    @Test
    void aQueuedChangeThatFailsKeepsNoneBehindItAndLeavesTheLockFree() {
        long stamp = shard.lock.writeLock();
        writer.insert(1, KEYS, 0, 3, TOO_HIGH, 1, 0);
        writer.insert(2, KEYS, 0, 3, 1, 1, 0);
        shard.lock.unlockWrite(stamp);
        assertThat(held.get(1)).isZero();
        // whoever comes next takes what was queued along
        writer.insert(3, KEYS, 0, 3, 0, 1, 0);
        assertThat(shard.lock.isWriteLocked()).isFalse();
        assertThat(held.get(0)).isEqualTo(3);
        assertThat(held.get(1)).isEqualTo(3);
    }
}
