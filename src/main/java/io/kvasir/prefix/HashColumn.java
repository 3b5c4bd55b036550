package io.kvasir.prefix;

import java.util.Arrays;

/** By which hashes engines of one space know the leading blocks of a run. Engines of a space hash alike. */
final class HashColumn {
    final int space;
    long[] hashes;
    int length;

    HashColumn(int space, long[] hashes, int length) {
        this.space = space;
        this.hashes = hashes;
        this.length = length;
    }

    void add(long[] more, int from, int n) {
        int needed = length + n;
        if (needed > hashes.length) {
            int slack = length == 0 ? 0 : needed >>> 2;
            hashes = Arrays.copyOf(hashes, Math.max(needed, Math.min(EventRuns.LONGEST, needed + slack)));
        }
        System.arraycopy(more, from, hashes, length, n);
        length = needed;
    }

    /** Forgets what is behind. */
    void truncate(int newLength) {
        length = Math.min(length, newLength);
        if (hashes.length > 2 * length + 16) {
            hashes = Arrays.copyOf(hashes, length);
        }
    }

    /** Where the hash is; looked for first at a place where it mostly is. -1 for nowhere. */
    int find(long hash, int likely) {
        if (likely >= 0 && likely < length && hashes[likely] == hash) {
            return likely;
        }
        for (int i = 0; i < length; i++) {
            if (hashes[i] == hash) {
                return i;
            }
        }
        return -1;
    }

    long bytes() {
        return 24 + 16 + 8L * hashes.length;
    }
}
