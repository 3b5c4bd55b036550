package io.kvasir.prefix;

import io.kvasir.Interleavings;
import java.util.Arrays;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * Changes of the index from several threads, of which those that find a shard taken are left to others: none is lost, made
 * twice or left behind. Whoever looks here waits for what was left before.
 */
@Param(name = "path", gen = IntGen.class, conf = "0:2")
@Param(name = "ordinal", gen = IntGen.class, conf = "0:1")
public class PrefixIndexWritesInterleavings {
    private static final int ORDINALS = 3;
    private static final int NOBODY = 2;
    private static final long[][] PATHS = {{1, 2, 3}, {1, 2}, {1, 4}};

    private final PrefixIndex index = new PrefixIndex(1, ORDINALS, 17, true);

    @Operation
    public void insert(@Param(name = "path") int path, @Param(name = "ordinal") int ordinal) {
        index.insert(9, PATHS[path], 0, PATHS[path].length, ordinal, 1);
    }

    /** Brought by a request that has the path's number, and withdrawn by {@link #withdraw}. */
    @Operation
    public void bring(@Param(name = "path") int path, @Param(name = "ordinal") int ordinal) {
        index.bring(9, PATHS[path], PATHS[path].length, ordinal, 1, 1 + path);
    }

    @Operation
    public void withdraw(@Param(name = "path") int path, @Param(name = "ordinal") int ordinal) {
        index.withdraw(9, PATHS[path], PATHS[path].length, ordinal, 1 + path);
    }

    @Operation
    public void remove(@Param(name = "path") int path, @Param(name = "ordinal") int ordinal) {
        index.remove(9, PATHS[path], PATHS[path].length - 1, PATHS[path].length, ordinal);
    }

    @Operation
    public void clear(@Param(name = "ordinal") int ordinal) {
        index.clear(ordinal);
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
        Interleavings.check(getClass());
    }
}
