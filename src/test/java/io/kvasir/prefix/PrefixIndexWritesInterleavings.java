package io.kvasir.prefix;

import io.kvasir.Interleavings;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.StampedLock;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * Changes of the index from several threads, of which those that find a shard taken are left to others: none is lost, made
 * twice or left behind. Whoever looks here waits for what was left before.
 */
@Param(name = "path", gen = IntGen.class, conf = "0:1")
public class PrefixIndexWritesInterleavings {
    private static final int ORDINALS = 2;
    private static final int HOLDER = 0;
    private static final int NOBODY = 1;
    private static final long[][] PATHS = {{1, 2, 3}, {1, 4}};

    private final PrefixIndex index = new PrefixIndex(1, ORDINALS, 17, true);

    @Operation
    public void insert(@Param(name = "path") int path) {
        index.insert(9, PATHS[path], 0, PATHS[path].length, HOLDER, 1);
    }

    /** Brought by a request that has the path's number, and withdrawn by {@link #withdraw}. */
    @Operation
    public void bring(@Param(name = "path") int path) {
        index.bring(9, PATHS[path], PATHS[path].length, HOLDER, 1, 1 + path);
    }

    @Operation
    public void withdraw(@Param(name = "path") int path) {
        index.withdraw(9, PATHS[path], PATHS[path].length, HOLDER, 1 + path);
    }

    @Operation
    public void remove(@Param(name = "path") int path) {
        index.remove(9, PATHS[path], PATHS[path].length - 1, PATHS[path].length, HOLDER);
    }

    @Operation
    public void clear() {
        index.clear(HOLDER);
    }

    @Operation
    public String lookup(@Param(name = "path") int path) {
        index.clear(NOBODY);
        int[] answer = new int[ORDINALS];
        int known;
        do {
            known = index.lookup(9, PATHS[path], PATHS[path].length, answer, ORDINALS);
        } while (known == PrefixIndex.CONTENDED);
        return known + " known, held " + Arrays.toString(answer);
    }

    @Test
    void areAsIfOneAfterAnother() {
        Interleavings.check(getClass(), IndexShard.class);
    }

    /** Though the first is left to a thread that has not made it yet when the second finds the shard free. */
    @Test
    void ofOneThreadKeepTheirOrder() {
        var scenario = Interleavings.scenario(
                List.of(operation("insert", 0), operation("remove", 0)),
                List.of(operation("insert", 1)),
                operation("lookup", 0));
        Interleavings.check(getClass(), scenario, IndexShard.class, StampedLock.class, ConcurrentLinkedQueue.class);
    }

    private Actor operation(String name, Object... arguments) {
        return Interleavings.operation(getClass(), name, arguments);
    }
}
