package io.kvasir.sim.engine;

import java.util.Arrays;

/**
 * The KV blocks of one engine, with vLLM's rules ({@code vllm/v1/core/block_pool.py}): blocks are reference-counted; a
 * free block keeps its content until it is handed out again; the free queue is in order of release, so the least
 * recently used block goes first and, because a sequence releases its last block first, tails go before heads. Several
 * blocks may hold the same content; a look-up finds the oldest. Arrays grow with use, so that an engine that holds
 * little costs little.
 */
final class BlockPool {
    private static final int NONE = BlockIndex.NONE;

    private final int capacity;
    private final BlockIndex index = new BlockIndex();
    private long[] hashes = new long[256];
    private boolean[] cached = new boolean[256];
    /** Whether a block's content is that of layers that look back over a window. */
    private boolean[] windowed = {};

    private int[] references = new int[256];
    private int[] previous = new int[256];
    private int[] next = new int[256];
    private int[] twin = new int[256];
    private int fresh;
    private int head = NONE;
    private int tail = NONE;
    private int queued;
    private int evictable;
    private long evictions;
    private CacheListener listener = CacheListener.NONE;

    BlockPool(int capacity) {
        this.capacity = capacity;
    }

    int capacity() {
        return capacity;
    }

    /** Blocks no sequence holds, cached content or not. */
    int free() {
        return capacity - fresh + queued;
    }

    /** Distinct contents that a look-up can find. */
    int cachedBlocks() {
        return index.size();
    }

    /** Blocks no sequence holds whose content a look-up may find. */
    int evictable() {
        return evictable;
    }

    /** Blocks whose content was lost to another use. */
    long evictions() {
        return evictions;
    }

    /** The block that holds this content, or -1. Does not pin it. */
    int find(long hash) {
        return index.get(hash);
    }

    /** The same of layers that look back over a window, or of the others. */
    int find(long hash, boolean ofWindow) {
        return index.get(key(hash, ofWindow));
    }

    private static long key(long hash, boolean ofWindow) {
        return ofWindow ? hash ^ 0x5851F42D4C957F2DL : hash;
    }

    private boolean isWindowed(int block) {
        return block < windowed.length && windowed[block];
    }

    boolean isFree(int block) {
        return references[block] == 0;
    }

    /** Pins a block found by {@link #find}. */
    void pin(int block) {
        if (references[block]++ == 0) {
            unlink(block);
            evictable--;
        }
    }

    /** Takes the block at the front of the free queue, forgetting its content. The caller has checked {@link #free}. */
    int take() {
        int block;
        if (fresh < capacity) {
            block = fresh++;
            if (block == references.length) {
                grow();
            }
        } else {
            block = head;
            unlink(block);
            if (cached[block]) {
                forget(block);
                evictable--;
                evictions++;
                boolean ofWindow = isWindowed(block);
                if (find(hashes[block], ofWindow) != NONE) {
                    // another has the same
                } else if (ofWindow) {
                    listener.removedFromWindow(hashes[block]);
                } else {
                    listener.removed(hashes[block]);
                }
            }
        }
        references[block] = 1;
        return block;
    }

    /** Unpins a block; at zero it joins the end of the free queue. */
    void release(int block) {
        if (--references[block] == 0) {
            previous[block] = tail;
            next[block] = NONE;
            if (tail == NONE) {
                head = block;
            } else {
                next[tail] = block;
            }
            tail = block;
            queued++;
            if (cached[block]) {
                evictable++;
            }
        }
    }

    /** Makes a full block's content findable. */
    void cache(int block, long hash) {
        cache(block, hash, false);
    }

    /** The same for layers that look back over a window, or for the others. */
    void cache(int block, long hash, boolean ofWindow) {
        if (ofWindow && windowed.length < hashes.length) {
            windowed = Arrays.copyOf(windowed, hashes.length);
        }
        if (block < windowed.length) {
            windowed[block] = ofWindow;
        }
        hashes[block] = hash;
        cached[block] = true;
        twin[block] = NONE;
        long key = key(hash, ofWindow);
        int slot = index.slot(key);
        int holder = index.block(slot);
        if (holder == NONE) {
            index.put(slot, key, block);
            return;
        }
        while (twin[holder] != NONE) {
            holder = twin[holder];
        }
        twin[holder] = block;
    }

    /** Forgets all content; sequences keep their blocks. */
    void clear() {
        for (int block = 0; block < fresh; block++) {
            if (cached[block]) {
                forget(block);
            }
        }
        evictable = 0;
        listener.cleared();
    }

    void listen(CacheListener to) {
        listener = to;
    }

    private void forget(int block) {
        long key = key(hashes[block], isWindowed(block));
        cached[block] = false;
        int slot = index.slot(key);
        int holder = index.block(slot);
        if (holder == block) {
            if (twin[block] == NONE) {
                index.removeAt(slot);
            } else {
                index.put(slot, key, twin[block]);
            }
            return;
        }
        while (twin[holder] != block) {
            holder = twin[holder];
        }
        twin[holder] = twin[block];
    }

    private void unlink(int block) {
        int before = previous[block];
        int after = next[block];
        if (before == NONE) {
            head = after;
        } else {
            next[before] = after;
        }
        if (after == NONE) {
            tail = before;
        } else {
            previous[after] = before;
        }
        queued--;
    }

    private void grow() {
        int size = Math.min(capacity, references.length * 2);
        hashes = Arrays.copyOf(hashes, size);
        cached = Arrays.copyOf(cached, size);
        references = Arrays.copyOf(references, size);
        previous = Arrays.copyOf(previous, size);
        next = Arrays.copyOf(next, size);
        twin = Arrays.copyOf(twin, size);
    }
}
