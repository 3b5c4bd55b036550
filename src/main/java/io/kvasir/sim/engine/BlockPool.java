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

    /** Numbers by block. */
    private static final int ROOM = 8;
    /** The hash of its content, low and high half. */
    private static final int LOW = 0;

    private static final int HIGH = 1;
    private static final int REFERENCES = 2;
    private static final int PREVIOUS = 3;
    private static final int NEXT = 4;
    /** The next block of the same content. */
    private static final int TWIN = 5;
    /** 1 where its content is findable, and 2 more where it is that of layers that look back over a window. */
    private static final int CONTENT = 6;

    private static final int CACHED = 1;
    private static final int WINDOWED = 2;

    private final int capacity;
    private final BlockIndex index = new BlockIndex();
    /**
     * What is known of each block, side by side: who touches one of a pool's many blocks touches most of it, and what costs is
     * reaching for it.
     */
    private int[] blocks = new int[256 * ROOM];

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

    private long hash(int at) {
        return blocks[at + LOW] & 0xFFFFFFFFL | (long) blocks[at + HIGH] << 32;
    }

    private static boolean isWindowed(int content) {
        return (content & WINDOWED) != 0;
    }

    boolean isFree(int block) {
        return blocks[block * ROOM + REFERENCES] == 0;
    }

    /** Pins a block found by {@link #find}. */
    void pin(int block) {
        if (blocks[block * ROOM + REFERENCES]++ == 0) {
            unlink(block);
            evictable--;
        }
    }

    /** Takes the block at the front of the free queue, forgetting its content. The caller has checked {@link #free}. */
    int take() {
        int block;
        if (fresh < capacity) {
            block = fresh++;
            if (block * ROOM == blocks.length) {
                blocks = Arrays.copyOf(blocks, (int) Math.min((long) capacity * ROOM, 2L * blocks.length));
            }
        } else {
            block = head;
            unlink(block);
            evict(block);
        }
        blocks[block * ROOM + REFERENCES] = 1;
        return block;
    }

    @SuppressWarnings("ReferenceEquality") // the one that hears nothing
    private void evict(int block) {
        int at = block * ROOM;
        int content = blocks[at + CONTENT];
        if (content == 0) {
            return;
        }
        forget(block);
        evictable--;
        evictions++;
        if (listener == CacheListener.NONE) {
            return;
        }
        long hash = hash(at);
        if (find(hash, isWindowed(content)) != NONE) {
            // another has the same
        } else if (isWindowed(content)) {
            listener.removedFromWindow(hash);
        } else {
            listener.removed(hash);
        }
    }

    /** Unpins a block; at zero it joins the end of the free queue. */
    void release(int block) {
        int at = block * ROOM;
        if (--blocks[at + REFERENCES] == 0) {
            blocks[at + PREVIOUS] = tail;
            blocks[at + NEXT] = NONE;
            if (tail == NONE) {
                head = block;
            } else {
                blocks[tail * ROOM + NEXT] = block;
            }
            tail = block;
            queued++;
            if (blocks[at + CONTENT] != 0) {
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
        int at = block * ROOM;
        blocks[at + LOW] = (int) hash;
        blocks[at + HIGH] = (int) (hash >>> 32);
        blocks[at + CONTENT] = ofWindow ? CACHED | WINDOWED : CACHED;
        blocks[at + TWIN] = NONE;
        long key = key(hash, ofWindow);
        int slot = index.slot(key);
        int holder = index.block(slot);
        if (holder == NONE) {
            index.put(slot, key, block);
            return;
        }
        while (twin(holder) != NONE) {
            holder = twin(holder);
        }
        blocks[holder * ROOM + TWIN] = block;
    }

    private int twin(int block) {
        return blocks[block * ROOM + TWIN];
    }

    /** Forgets all content; sequences keep their blocks. */
    void clear() {
        for (int block = 0; block < fresh; block++) {
            if (blocks[block * ROOM + CONTENT] != 0) {
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
        int at = block * ROOM;
        long key = key(hash(at), isWindowed(blocks[at + CONTENT]));
        blocks[at + CONTENT] = 0;
        int slot = index.slot(key);
        int holder = index.block(slot);
        if (holder == block) {
            if (twin(block) == NONE) {
                index.removeAt(slot);
            } else {
                index.put(slot, key, twin(block));
            }
            return;
        }
        while (twin(holder) != block) {
            holder = twin(holder);
        }
        blocks[holder * ROOM + TWIN] = twin(block);
    }

    private void unlink(int block) {
        int before = blocks[block * ROOM + PREVIOUS];
        int after = blocks[block * ROOM + NEXT];
        if (before == NONE) {
            head = after;
        } else {
            blocks[before * ROOM + NEXT] = after;
        }
        if (after == NONE) {
            tail = before;
        } else {
            blocks[after * ROOM + PREVIOUS] = before;
        }
        queued--;
    }
}
