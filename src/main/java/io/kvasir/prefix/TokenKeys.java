package io.kvasir.prefix;

/** Makes the keys of token ids from arrays of them: the same that {@link PromptKeyer} makes. */
final class TokenKeys {
    /** What stands for the key before the first. */
    static final long SEED = 0x746F6B656E73L;

    /** Ids of a finest block. */
    static final int FINEST = KeyScheme.Tokens.FINEST.blockTokens();

    private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
    private static final long AVALANCHE = 0x165667919E3779F9L;
    private static final int BYTES = FINEST * Integer.BYTES;

    private TokenKeys() {}

    /** The key at the end of the ids {@code from} to {@code to} - 1, a multiple of {@link #FINEST}, behind a key. */
    static long behind(long before, int[] ids, int from, int to) {
        long key = before;
        for (int at = from; at < to; at += FINEST) {
            key = ChunkChain.link(key, hash(ids, at));
        }
        return key;
    }

    /**
     * XXH3-64 of the bytes of 16 ids, lowest byte of each first, without making bytes of them: its case of 17 to 128 bytes
     * for 64 (github.com/Cyan4973/xxHash, {@code doc/xxhash_spec.md}), with the first 64 bytes of its default secret.
     */
    static long hash(int[] ids, int at) {
        long sum = BYTES * PRIME64_1;
        sum += mix(ids, at + 4, 0x78E5C0CC4EE679CBL, 0x2172FFCC7DD05A82L);
        sum += mix(ids, at + 8, 0x8E2443F7744608B8L, 0x4C263A81E69035E0L);
        sum += mix(ids, at, 0xBE4BA423396CFEB8L, 0x1CAD21F72C81017CL);
        sum += mix(ids, at + 12, 0xDB979083E96DD4DEL, 0x1F67B3B7A4A44072L);
        sum = (sum ^ sum >>> 37) * AVALANCHE;
        return sum ^ sum >>> 32;
    }

    private static long mix(int[] ids, int at, long secret, long following) {
        long low = two(ids, at) ^ secret;
        long high = two(ids, at + 2) ^ following;
        return low * high ^ Math.unsignedMultiplyHigh(low, high);
    }

    private static long two(int[] ids, int at) {
        return ids[at] & 0xFFFFFFFFL | (long) ids[at + 1] << 32;
    }

    /** The key of a block that depends on more than its ids. */
    static long with(long key, long extras) {
        return extras == 0 ? key : ChunkChain.link(key, extras);
    }
}
