package io.kvasir.prefix;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Chains of keys that share prefixes with earlier ones: two branches at each block, of which one is taken mostly. */
final class RandomPaths {
    private final SplittableRandom random;

    RandomPaths(SplittableRandom random) {
        this.random = random;
    }

    /** A path of 1 to 60 blocks. */
    long[] next() {
        long[] keys = new long[1 + random.nextInt(60)];
        long key = 42;
        for (int i = 0; i < keys.length; i++) {
            key = ChunkChain.link(key, random.nextInt(12) == 0 ? 1 : 0);
            keys[i] = key;
        }
        return keys;
    }

    /** A path like no other. */
    static long[] chain(SplittableRandom random, int blocks) {
        long[] keys = new long[blocks];
        Arrays.setAll(keys, i -> random.nextLong());
        return keys;
    }
}
