package io.kvasir.prefix;

import java.util.Arrays;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that a rank's {@link LayerGroup}s hold, and how long a prefix they can serve: each needs its last blocks, and
 * the longest cut counts that all can serve ({@code vllm/v1/core/kv_cache_coordinator.py}). Such blocks are evicted from the
 * front and from between, so they are kept one by one. Changed by one thread at a time; asked by any.
 */
final class GroupBlocks {
    /** Groups of one rank at most. */
    static final int MOST_GROUPS = 15;

    /** What {@link #longest} answers when the blocks kept changing. */
    static final int CONTENDED = -1;

    private static final long ENDLESS = 1L << 31;

    private static final int NONE = -1;
    private static final int ATTEMPTS = 64;
    /** Where the bits of tiers further than the accelerator begin. */
    private static final int FURTHER = 16;

    private final StampedLock lock = new StampedLock();
    private final long salt;
    private int[] ids = {};
    private int[] sizes = {};
    private int[] needed = {};
    /** Tokens of which every cut is a multiple; {@link #ENDLESS} where no prompt is as long. */
    private long unit;

    private int[] byHash = new int[64];
    private int[] byKey = new int[64];
    private long[] hash = new long[32];
    private long[] key = new long[32];
    private long[] path = new long[32];
    private int[] holders = new int[32];
    private int free = NONE;
    private int high;
    private int live;

    /**
     * @param blockSize tokens of the blocks of the layers that attend to everything; 0 where there are none such
     * @param salt a secret that keeps others from aiming at one place of the tables
     */
    GroupBlocks(int blockSize, long salt) {
        this.salt = salt;
        unit = blockSize == 0 ? 1 : blockSize;
    }

    /** Groups as these are, which hold nothing, beside layers of such blocks. */
    GroupBlocks emptied(int blockSize) {
        var anew = new GroupBlocks(blockSize, salt);
        anew.ids = ids;
        anew.sizes = sizes;
        anew.needed = needed;
        for (int size : sizes) {
            anew.unit = multiple(anew.unit, size);
        }
        return anew;
    }

    /** Blocks that are known. */
    int size() {
        return live;
    }

    /** Tokens of the largest blocks of which all groups' blocks, and all others', consist. */
    int grain(int blockSize) {
        int all = blockSize;
        for (int size : sizes) {
            all = gcd(all, size);
        }
        return all;
    }

    private static int gcd(int one, int other) {
        return other == 0 ? one : gcd(other, one % other);
    }

    /** The least that both divide; where that is longer than any prompt, no matter how long. */
    private static long multiple(long one, int other) {
        return Math.min(ENDLESS, one / gcd(other, (int) (one % other)) * other);
    }

    /** The place of a group, which is new or known with the same blocks; -1 where it is neither, or there are too many. */
    int place(LayerGroup group, int blockSize) {
        for (int g = 0; g < ids.length; g++) {
            if (ids[g] == group.id()) {
                return sizes[g] == blockSize && needed[g] == group.needed(blockSize) ? g : NONE;
            }
        }
        if (ids.length == MOST_GROUPS) {
            return NONE;
        }
        long stamp = lock.writeLock();
        try {
            ids = appended(ids, group.id());
            sizes = appended(sizes, blockSize);
            needed = appended(needed, group.needed(blockSize));
            unit = multiple(unit, blockSize);
        } finally {
            lock.unlockWrite(stamp);
        }
        return ids.length - 1;
    }

    /** The place of a group that is known; -1 for none. */
    int place(int id) {
        for (int g = 0; g < ids.length; g++) {
            if (ids[g] == id) {
                return g;
            }
        }
        return NONE;
    }

    private static int[] appended(int[] some, int one) {
        int[] more = Arrays.copyOf(some, some.length + 1);
        more[some.length] = one;
        return more;
    }

    /** The block that the engine knows by the hash; -1 for none. */
    int find(long itsHash) {
        return search(byHash, spread(itsHash), hash, itsHash, null, 0);
    }

    /** The key at the end of a block that was found. */
    long key(int block) {
        return key[block];
    }

    /** The path that a block that was found is on. */
    long path(int block) {
        return path[block];
    }

    /** A group holds a block from now on; returns how many blocks more are known. */
    int hold(int group, boolean further, long itsHash, long itsPath, long itsKey) {
        long stamp = lock.writeLock();
        try {
            int before = live;
            int block = find(itsHash);
            if (block >= 0 && (key[block] != itsKey || path[block] != itsPath)) {
                release(block);
                block = NONE;
            }
            if (block < 0) {
                int other = find(itsPath, itsKey);
                if (other >= 0) {
                    // the engine knows it by another hash now
                    release(other);
                }
                block = add(itsHash, itsPath, itsKey);
            }
            holders[block] |= bit(group, further);
            return live - before;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** A group holds a block no more; returns whether it was known to. */
    boolean drop(int group, boolean further, long itsHash) {
        int block = find(itsHash);
        int bit = bit(group, further);
        if (block < 0 || (holders[block] & bit) == 0) {
            return false;
        }
        long stamp = lock.writeLock();
        try {
            holders[block] &= ~bit;
            if (holders[block] == 0) {
                release(block);
            }
            return true;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private static int bit(int group, boolean further) {
        return 1 << (further ? group + FURTHER : group);
    }

    /**
     * The longest prefix that all groups can serve; without locks, from any thread.
     *
     * @param ofPath what it is looked for under
     * @param keys of the prompt, at the end of each {@code grain} tokens
     * @param most tokens that other layers can serve; there are keys for as many
     * @param anywhere whether blocks count in whatever tier they are, else in the accelerator's memory only
     * @return tokens, or {@link #CONTENDED}
     */
    int longest(long ofPath, long[] keys, int grain, int most, boolean anywhere) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long stamp = lock.tryOptimisticRead();
            if (stamp == 0) {
                Thread.onSpinWait();
                continue;
            }
            int cut;
            try {
                cut = cut(ofPath, keys, grain, most, anywhere);
            } catch (IndexOutOfBoundsException torn) {
                if (lock.validate(stamp)) {
                    throw torn;
                }
                continue;
            }
            if (lock.validate(stamp)) {
                return cut;
            }
        }
        return CONTENDED;
    }

    private int cut(long ofPath, long[] keys, int grain, int most, boolean anywhere) {
        int groups = sizes.length;
        int cut = (int) (most / unit * unit);
        int agreed = 0;
        for (int g = 0; agreed < groups && cut > 0; g = g + 1 == groups ? 0 : g + 1) {
            int bits = bit(g, false) | (anywhere ? bit(g, true) : 0);
            int own = cut(ofPath, keys, grain, cut, g, bits);
            agreed = own == cut ? agreed + 1 : 1;
            cut = own;
        }
        return cut;
    }

    /** The longest cut up to there that one group can serve. */
    private int cut(long ofPath, long[] keys, int grain, int most, int group, int bits) {
        int size = sizes[group];
        int cut = most;
        while (cut > 0) {
            int missing = (int) Math.max(0, cut - (long) needed[group] * size);
            while (missing < cut && isHeld(ofPath, keys[(missing + size) / grain - 1], bits)) {
                missing += size;
            }
            if (missing >= cut) {
                return cut;
            }
            // every cut behind the first block that is missing needs it, too
            cut = (int) (missing / unit * unit);
        }
        return 0;
    }

    private boolean isHeld(long ofPath, long itsKey, int bits) {
        int block = find(ofPath, itsKey);
        return block >= 0 && (holders[block] & bits) != 0;
    }

    private int find(long itsPath, long itsKey) {
        return search(byKey, spread(ChunkChain.link(itsPath, itsKey)), key, itsKey, path, itsPath);
    }

    private int spread(long x) {
        long mixed = (x ^ salt) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L;
        return (int) (mixed >>> 32);
    }

    /** Ends after as many steps as there are slots, whatever a writer does meanwhile. */
    private static int search(
            int[] slots, int start, long[] first, long wanted, long @Nullable [] second, long alsoWanted) {
        int mask = slots.length - 1;
        int at = start & mask;
        for (int steps = 0; steps <= mask && slots[at] != 0; steps++) {
            int block = slots[at] - 1;
            if (first[block] == wanted && (second == null || second[block] == alsoWanted)) {
                return block;
            }
            at = at + 1 & mask;
        }
        return NONE;
    }

    private int add(long itsHash, long itsPath, long itsKey) {
        int block = free;
        if (block == NONE) {
            if (high == hash.length) {
                grow();
            }
            block = high++;
        } else {
            free = (int) key[block];
        }
        live++;
        hash[block] = itsHash;
        path[block] = itsPath;
        key[block] = itsKey;
        holders[block] = 0;
        put(byHash, spread(itsHash), block);
        put(byKey, spread(ChunkChain.link(itsPath, itsKey)), block);
        return block;
    }

    private void grow() {
        int capacity = high + (high >>> 1);
        hash = Arrays.copyOf(hash, capacity);
        key = Arrays.copyOf(key, capacity);
        path = Arrays.copyOf(path, capacity);
        holders = Arrays.copyOf(holders, capacity);
        int slots = byHash.length;
        while (slots < 2 * capacity) {
            slots *= 2;
        }
        if (slots > byHash.length) {
            int[] hashes = new int[slots];
            int[] keys = new int[slots];
            for (int slot : byHash) {
                if (slot != 0) {
                    put(hashes, spread(hash[slot - 1]), slot - 1);
                    put(keys, spread(ChunkChain.link(path[slot - 1], key[slot - 1])), slot - 1);
                }
            }
            byHash = hashes;
            byKey = keys;
        }
    }

    private static void put(int[] slots, int start, int block) {
        int mask = slots.length - 1;
        int at = start & mask;
        while (slots[at] != 0) {
            at = at + 1 & mask;
        }
        slots[at] = block + 1;
    }

    private void release(int block) {
        take(byHash, spread(hash[block]), block, true);
        take(byKey, spread(ChunkChain.link(path[block], key[block])), block, false);
        holders[block] = 0;
        key[block] = free;
        free = block;
        live--;
    }

    /** Empties the slot of a block, and moves those behind it that are not where they would be put now. */
    private void take(int[] slots, int start, int block, boolean hashes) {
        int mask = slots.length - 1;
        int hole = start & mask;
        while (slots[hole] != block + 1) {
            hole = hole + 1 & mask;
        }
        for (int at = hole + 1 & mask; slots[at] != 0; at = at + 1 & mask) {
            int there = slots[at] - 1;
            int home = (hashes ? spread(hash[there]) : spread(ChunkChain.link(path[there], key[there]))) & mask;
            if ((at - home & mask) >= (at - hole & mask)) {
                slots[hole] = slots[at];
                hole = at;
            }
        }
        slots[hole] = 0;
    }
}
