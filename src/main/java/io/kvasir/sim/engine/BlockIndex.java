package io.kvasir.sim.engine;

import java.util.Arrays;

/** Block id by hash: open addressing over primitives, grown on demand, tombstone-free. */
final class BlockIndex {
    static final int NONE = -1;

    private long[] keys = new long[256];
    private int[] blocks = new int[256];
    private int size;

    BlockIndex() {
        Arrays.fill(blocks, NONE);
    }

    int get(long key) {
        return blocks[slot(key)];
    }

    void put(long key, int block) {
        int at = slot(key);
        if (blocks[at] == NONE && ++size * 2 > keys.length) {
            grow();
            at = slot(key);
        }
        keys[at] = key;
        blocks[at] = block;
    }

    void remove(long key) {
        int hole = slot(key);
        if (blocks[hole] == NONE) {
            return;
        }
        size--;
        int mask = keys.length - 1;
        blocks[hole] = NONE;
        for (int at = (hole + 1) & mask; blocks[at] != NONE; at = (at + 1) & mask) {
            int home = home(keys[at], mask);
            // an entry moves back only when the hole lies on its way from home
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                keys[hole] = keys[at];
                blocks[hole] = blocks[at];
                blocks[at] = NONE;
                hole = at;
            }
        }
    }

    int size() {
        return size;
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int at = home(key, mask);
        while (blocks[at] != NONE && keys[at] != key) {
            at = (at + 1) & mask;
        }
        return at;
    }

    private static int home(long key, int mask) {
        return (int) Mixing.finish(key) & mask;
    }

    private void grow() {
        var oldKeys = keys;
        var oldBlocks = blocks;
        keys = new long[oldKeys.length * 2];
        blocks = new int[keys.length];
        Arrays.fill(blocks, NONE);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldBlocks[i] != NONE) {
                int at = slot(oldKeys[i]);
                keys[at] = oldKeys[i];
                blocks[at] = oldBlocks[i];
            }
        }
    }
}
