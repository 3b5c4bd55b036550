package io.kvasir.prefix;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Arrays;

/**
 * Cuts a byte stream into chunks of {@value #CHUNK} bytes and chains their XXH3-64 hashes: key i depends on every byte
 * up to the end of chunk i and on nothing after it. How the stream is cut into calls does not matter.
 *
 * <p>The link between two keys is a bijection in the previous key and in the chunk's hash, so chaining adds no
 * collisions of its own: two different prefixes share a key with probability about 2^-64.
 */
final class ChunkChain {
    /** Bytes per chunk. */
    static final int CHUNK = 64;

    private static final Hasher64 XXH3 = Hashing.xxh3_64();
    private static final int FIRST_CAPACITY = 256;

    private final int limit;
    private final byte[] pending = new byte[CHUNK];
    private long[] keys;
    private int count;
    private int fill;
    private long last;
    private long length;
    /** The end of the chain that this one follows, on which its keys depend too. */
    private long base;

    private boolean following;

    /** @param limit keys kept at most; at the limit the chain stops. 0 keeps none and never stops, for {@link #digest} */
    ChunkChain(int limit) {
        this.limit = limit;
        this.keys = new long[Math.min(limit, FIRST_CAPACITY)];
    }

    /** Forgets everything; {@code seed} tells apart chains of different kinds of content. */
    void reset(long seed) {
        count = 0;
        fill = 0;
        last = seed;
        length = 0;
        following = false;
    }

    void update(byte[] bytes, int offset, int n) {
        length += n;
        int from = offset;
        int left = n;
        if (fill > 0) {
            int part = Math.min(CHUNK - fill, left);
            System.arraycopy(bytes, from, pending, fill, part);
            fill += part;
            if (fill < CHUNK) {
                return;
            }
            absorb(pending, 0);
            fill = 0;
            from += part;
            left -= part;
        }
        while (left >= CHUNK) {
            absorb(bytes, from);
            from += CHUNK;
            left -= CHUNK;
        }
        System.arraycopy(bytes, from, pending, 0, left);
        fill = left;
    }

    void put(byte value) {
        length++;
        pending[fill++] = value;
        if (fill == CHUNK) {
            absorb(pending, 0);
            fill = 0;
        }
    }

    /** Four bytes, lowest first: a token id, of which {@value #CHUNK} / 4 make a chunk. */
    void putInt(int value) {
        put((byte) value);
        put((byte) (value >>> 8));
        put((byte) (value >>> 16));
        put((byte) (value >>> 24));
    }

    /** Token ids, from the beginning of a chain: the same as {@link #putInt} for one after the other. */
    void putInts(int[] values) {
        int each = CHUNK / Integer.BYTES;
        int whole = values.length / each;
        int most = Math.min(whole, limit);
        for (int chunk = 0; chunk < most; chunk++) {
            last = link(last, TokenKeys.hash(values, chunk * each));
            keep();
        }
        length += (long) whole * CHUNK;
        for (int i = whole * each; i < values.length; i++) {
            putInt(values[i]);
        }
    }

    private void absorb(byte[] bytes, int offset) {
        if (limit == 0) {
            last = link(last, XXH3.hashBytesToLong(bytes, offset, CHUNK));
            return;
        }
        if (count == limit) {
            return;
        }
        last = link(last, XXH3.hashBytesToLong(bytes, offset, CHUNK));
        keep();
    }

    static long link(long previous, long hash) {
        long x = Long.rotateLeft(previous, 29) * 0x9E3779B97F4A7C15L + hash;
        x = (x ^ (x >>> 32)) * 0xD6E8FEB86659FD93L;
        return x ^ (x >>> 29);
    }

    /** A hash of the whole stream so far, its unfinished chunk and its length included. */
    long digest() {
        return link(link(last, XXH3.hashBytesToLong(pending, 0, fill)), length);
    }

    /** Ends a chain that another will go on from: what is left of a chunk becomes a key too. */
    void seal() {
        if (fill == 0) {
            return;
        }
        last = link(last, XXH3.hashBytesToLong(pending, 0, fill));
        fill = 0;
        if (count < limit) {
            keep();
        }
    }

    private void keep() {
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, Math.min(limit, 2 * count));
        }
        keys[count++] = following ? link(base, last) : last;
    }

    /** Begins, being empty, behind a {@linkplain #seal sealed} chain: with its keys, and on all of it the others depend. */
    void beginBehind(ChunkChain before) {
        if (keys.length < before.count) {
            keys = new long[before.keys.length];
        }
        System.arraycopy(before.keys, 0, keys, 0, before.count);
        count = before.count;
        length = before.length;
        base = before.last;
        following = true;
    }

    /**
     * Puts the keys of a sealed chain before these, which from then on depend on all of it, as if they had begun behind
     * it; what no longer fits goes off the end.
     */
    void follow(ChunkChain before) {
        int head = before.count;
        int kept = Math.min(count, limit - head);
        if (head + kept > keys.length) {
            keys = Arrays.copyOf(keys, Math.min(limit, Math.max(2 * keys.length, head + kept)));
        }
        for (int i = kept - 1; i >= 0; i--) {
            keys[head + i] = link(before.last, keys[i]);
        }
        System.arraycopy(before.keys, 0, keys, 0, head);
        count = head + kept;
        length += before.length;
    }

    /** Puts {@code n} keys derived from {@code digest} before the others; what no longer fits goes off the end. */
    void prepend(long digest, int n) {
        int head = Math.min(n, limit);
        int kept = Math.min(count, limit - head);
        if (head + kept > keys.length) {
            keys = Arrays.copyOf(keys, Math.min(limit, Math.max(2 * keys.length, head + kept)));
        }
        System.arraycopy(keys, 0, keys, head, kept);
        long key = digest;
        for (int i = 0; i < head; i++) {
            key = link(key, i);
            keys[i] = key;
        }
        count = head + kept;
    }

    /** Every {@code stride}-th key, in an array of their number at least: {@code into}, or another where that is too small. */
    long[] every(int stride, long[] into) {
        int n = count / stride;
        long[] some = into.length >= n ? into : new long[Math.max(n, 2 * into.length)];
        for (int i = 0; i < n; i++) {
            some[i] = keys[(i + 1) * stride - 1];
        }
        return some;
    }

    /** The array that holds the keys, valid up to {@link #count} and until the next change. */
    long[] keys() {
        return keys;
    }

    int count() {
        return count;
    }

    /** Bytes seen, past the limit included. */
    long length() {
        return length;
    }
}
