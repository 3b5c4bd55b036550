package io.kvasir.prefix;

import java.util.Arrays;

/** Numbers of 0 or more by 64 bits: open addressing without tombstones. For one thread at a time. */
final class LongIntMap {
    private static final int NONE = -1;

    private long[] keys = new long[64];
    private int[] values = new int[64];
    private int size;

    LongIntMap() {
        Arrays.fill(values, NONE);
    }

    /** -1 for none. */
    int get(long key) {
        return values[slot(key)];
    }

    void put(long key, int value) {
        int at = slot(key);
        if (values[at] == NONE && ++size * 3 > keys.length * 2) {
            grow();
            at = slot(key);
        }
        keys[at] = key;
        values[at] = value;
    }

    void remove(long key) {
        int hole = slot(key);
        if (values[hole] == NONE) {
            return;
        }
        size--;
        int mask = keys.length - 1;
        values[hole] = NONE;
        for (int at = hole + 1 & mask; values[at] != NONE; at = at + 1 & mask) {
            int home = home(keys[at], mask);
            if ((at - home & mask) >= (at - hole & mask)) {
                keys[hole] = keys[at];
                values[hole] = values[at];
                values[at] = NONE;
                hole = at;
            }
        }
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int at = home(key, mask);
        while (values[at] != NONE && keys[at] != key) {
            at = at + 1 & mask;
        }
        return at;
    }

    private static int home(long key, int mask) {
        long x = key * 0x9E3779B97F4A7C15L;
        return (int) (x >>> 32) & mask;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[2 * oldKeys.length];
        values = new int[keys.length];
        Arrays.fill(values, NONE);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldValues[i] != NONE) {
                int at = slot(oldKeys[i]);
                keys[at] = oldKeys[i];
                values[at] = oldValues[i];
            }
        }
    }
}
