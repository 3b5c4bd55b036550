package io.kvasir.prefix;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What {@link PrefixIndex} must do, one map entry per block held, as slow as it is plain. Chained keys identify paths. */
final class NaivePrefixIndex {
    private record Block(long namespace, long key) {}

    private record Use(long order, int depth, int tick) {}

    private final Map<Integer, Map<Block, Use>> held = new HashMap<>();
    private final Map<Block, Block> parents = new HashMap<>();
    private long order;
    private long unkeyed;

    private Map<Block, Use> of(int ordinal) {
        return held.computeIfAbsent(ordinal, o -> new HashMap<>());
    }

    void insert(long namespace, long[] keys, int from, int to, int ordinal, int now) {
        order++;
        for (int i = 0; i < to; i++) {
            Block block = new Block(namespace, keys[i]);
            if (i > 0) {
                parents.put(block, new Block(namespace, keys[i - 1]));
            }
            if (i >= from) {
                of(ordinal).put(block, new Use(order, i, now));
            }
        }
    }

    void occupy(int ordinal, int blocks, int now) {
        order++;
        for (int i = 0; i < blocks; i++) {
            of(ordinal).put(new Block(Long.MIN_VALUE, unkeyed++), new Use(order, 0, now));
        }
    }

    void remove(long namespace, long[] keys, int from, int to, int ordinal) {
        for (int i = from; i < to; i++) {
            of(ordinal).remove(new Block(namespace, keys[i]));
        }
    }

    void evictTo(int ordinal, int blocks) {
        List<Map.Entry<Block, Use>> coldestFirst = new ArrayList<>(of(ordinal).entrySet());
        coldestFirst.sort(Comparator.<Map.Entry<Block, Use>>comparingLong(
                        e -> e.getValue().order())
                .thenComparingInt(e -> -e.getValue().depth()));
        int excess = Math.max(0, coldestFirst.size() - blocks);
        coldestFirst.subList(0, excess).forEach(e -> of(ordinal).remove(e.getKey()));
    }

    void expire(int ordinal, int before) {
        of(ordinal).values().removeIf(use -> use.tick() < before);
    }

    void clear(int ordinal) {
        of(ordinal).clear();
    }

    int[] lookup(long namespace, long[] keys, int n, int endpoints) {
        int[] answer = new int[endpoints];
        for (int o = 0; o < endpoints; o++) {
            while (answer[o] < n && of(o).containsKey(new Block(namespace, keys[answer[o]]))) {
                answer[o]++;
            }
        }
        return answer;
    }

    int held(int ordinal) {
        return of(ordinal).size();
    }

    /** Blocks held by anyone, and those on the way to them. */
    int blocks() {
        Set<Block> known = new HashSet<>();
        for (Map<Block, Use> of : held.values()) {
            for (Block block : of.keySet()) {
                Block at = block;
                while (at != null && at.namespace() != Long.MIN_VALUE && known.add(at)) {
                    at = parents.get(at);
                }
            }
        }
        return known.size();
    }
}
