package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

class EngineHashesTest {
    /** Slots of a line. */
    private static final int ROOM = 15;

    private static final int LINES = 3;

    private static EngineHashes table() {
        var table = new EngineHashes(7);
        // of three lines
        table.reserve(14, _ -> {});
        return table;
    }

    /** Hashes of blocks that would all be put into one line of their own. */
    private static List<List<Long>> byLine() {
        var all = new ArrayList<List<Long>>();
        for (int i = 0; i < LINES; i++) {
            all.add(new ArrayList<>());
        }
        for (long hash = 1; hash < 200; hash++) {
            var empty = table();
            empty.put(1, new long[] {hash}, 0, 1, 0);
            all.get((empty.first(1, hash) - 12) / 16).add(hash);
        }
        return all;
    }

    private static boolean has(EngineHashes table, long hash, int run) {
        for (int place = table.first(1, hash); place >= 0; place = table.next(place, 1, hash)) {
            if (table.run(place) == run) {
                return true;
            }
        }
        return false;
    }

    /** As happens in small tables that take and lose blocks again and again. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
    void aSearchEndsThoughEveryLineIsPassedBySomebody() {
        var table = table();
        var passers = new ArrayList<Long>();
        for (List<Long> line : byLine()) {
            int stay = ROOM - (passers.isEmpty() ? 0 : 1);
            for (long hash : line.subList(0, stay)) {
                table.put(1, new long[] {hash}, 0, 1, 1);
            }
            long passer = line.get(stay);
            table.put(1, new long[] {passer}, 0, 1, 2);
            passers.add(passer);
            for (long hash : line.subList(0, stay)) {
                table.remove(1, hash, 1);
            }
        }
        for (long passer : passers) {
            assertThat(has(table, passer, 2)).isTrue();
        }
        for (long hash = 1_000; hash < 2_000; hash++) {
            assertThat(has(table, hash, 3)).isFalse();
        }
        for (long passer : passers) {
            table.remove(1, passer, 2);
            assertThat(has(table, passer, 2)).isFalse();
        }
    }
}
