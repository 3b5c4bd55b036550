package io.kvasir.prefix;

import io.kvasir.Interleavings;
import java.util.Arrays;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** What readers of the index see while one thread changes it was true of the whole shard at one moment. */
@Param(name = "path", gen = IntGen.class, conf = "0:3")
@Param(name = "ordinal", gen = IntGen.class, conf = "0:1")
public class PrefixIndexReadsInterleavings {
    private static final int ORDINALS = 2;

    /** Of one prompt and its relatives: a beginning, another ending, a longer one. */
    private static final long[][] PATHS = {{1, 2, 3}, {1, 2}, {1, 4}, {1, 2, 3, 5, 6}};

    private final PrefixIndex index = new PrefixIndex(1, ORDINALS, 17, true);
    private int tick;

    @Operation
    public String lookup(@Param(name = "path") int path) {
        int[] answer = new int[ORDINALS];
        int known;
        do {
            known = index.lookup(9, PATHS[path], PATHS[path].length, answer, ORDINALS);
        } while (known == PrefixIndex.CONTENDED);
        return known + " known, held " + Arrays.toString(answer);
    }

    @Operation(nonParallelGroup = "writer")
    public void insert(@Param(name = "path") int path, @Param(name = "ordinal") int ordinal) {
        index.insert(9, PATHS[path], 0, PATHS[path].length, ordinal, tick++);
    }

    @Operation(nonParallelGroup = "writer")
    public void remove(@Param(name = "path") int path, @Param(name = "ordinal") int ordinal) {
        index.remove(9, PATHS[path], PATHS[path].length - 1, PATHS[path].length, ordinal);
    }

    @Operation(nonParallelGroup = "writer")
    public void evict(@Param(name = "ordinal") int ordinal) {
        index.evictTo(ordinal, 1);
    }

    @Operation(nonParallelGroup = "writer")
    public void clear(@Param(name = "ordinal") int ordinal) {
        index.clear(ordinal);
    }

    @Test
    void areAsIfOneAfterAnother() {
        Interleavings.check(getClass());
    }
}
