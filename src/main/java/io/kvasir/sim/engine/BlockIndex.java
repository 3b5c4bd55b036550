package io.kvasir.sim.engine;

/**
 * Block id by hash: open addressing over primitives, grown on demand, tombstone-free. What a large table costs is reaching for
 * an entry. So a key and its block lie side by side, who looks at an entry more than once keeps its {@link #slot}, and keys
 * that are alike in their low bits lie together: {@link PieceBuilder} makes blocks that follow each other so.
 */
final class BlockIndex {
    static final int NONE = -1;

    /** Keys at even places; at the odd ones behind them the block and 1, 0 where the entry is empty. */
    private long[] table = new long[2 * 256];

    private int size;

    int get(long key) {
        return block(slot(key));
    }

    /** Where the key is, or where it would be put; until the next change. */
    int slot(long key) {
        int mask = table.length - 2;
        int at = home(key, mask);
        while (table[at + 1] != 0 && table[at] != key) {
            at = (at + 2) & mask;
        }
        return at;
    }

    /** The block at a slot, or {@link #NONE}. */
    int block(int slot) {
        return (int) table[slot + 1] - 1;
    }

    void put(long key, int block) {
        put(slot(key), key, block);
    }

    /** Puts a key at its slot. */
    void put(int slot, long key, int block) {
        int at = slot;
        if (table[at + 1] == 0 && ++size * 4 > table.length) {
            grow();
            at = slot(key);
        }
        table[at] = key;
        table[at + 1] = block + 1L;
    }

    void remove(long key) {
        removeAt(slot(key));
    }

    /** Empties a slot. */
    void removeAt(int slot) {
        if (table[slot + 1] == 0) {
            return;
        }
        size--;
        int mask = table.length - 2;
        int hole = slot;
        table[hole + 1] = 0;
        for (int at = (hole + 2) & mask; table[at + 1] != 0; at = (at + 2) & mask) {
            int home = home(table[at], mask);
            // an entry moves back only when the hole lies on its way from home
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                table[hole] = table[at];
                table[hole + 1] = table[at + 1];
                table[at + 1] = 0;
                hole = at;
            }
        }
    }

    int size() {
        return size;
    }

    /** An even place. Hashes are well mixed. */
    private static int home(long key, int mask) {
        return ((int) key << 1) & mask;
    }

    private void grow() {
        var old = table;
        table = new long[old.length * 2];
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] != 0) {
                int at = slot(old[i]);
                table[at] = old[i];
                table[at + 1] = old[i + 1];
            }
        }
    }
}
