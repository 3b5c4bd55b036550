package io.kvasir.sim.engine;

import java.util.function.IntToLongFunction;

/**
 * The layers of a hybrid model that look back over a window only, with vLLM's rules ({@code
 * vllm/v1/core/single_type_kv_cache_manager.py}): their blocks come from the same pool as the other layers', one for each of
 * theirs; those that the window has passed are given back at once and stay findable until they are handed out again; a
 * prefix can be reused where the blocks of its last window are there.
 */
final class WindowLayers {
    private static final int NONE = BlockIndex.NONE;

    private final BlockPool pool;
    private final int blockSize;
    private final int window;
    /** Blocks that the end of a prefix must have. */
    private final int needed;

    WindowLayers(BlockPool pool, int blockSize, int window) {
        this.pool = pool;
        this.blockSize = blockSize;
        this.window = window;
        needed = Math.max(1, Math.ceilDiv(window - 1, blockSize));
    }

    /** The longest prefix of so many blocks at most that can be reused: from right to left, as vLLM looks. */
    int cut(IntToLongFunction hashes, int most) {
        int together = 0;
        for (int i = most - 1; i >= 0; i--) {
            together = pool.find(hashes.applyAsLong(i), true) == NONE ? 0 : together + 1;
            if (together == needed) {
                return i + needed;
            }
        }
        return together;
    }

    /** Blocks of the last window of a prefix that nobody holds. */
    int pinnable(Sequence sequence, int cut) {
        int free = 0;
        for (int i = Math.max(0, cut - needed); i < cut; i++) {
            free += pool.isFree(pool.find(sequence.block(i), true)) ? 1 : 0;
        }
        return free;
    }

    /** A sequence begins with a prefix that is reused. */
    void reuse(Sequence sequence, int cut) {
        for (int i = 0; i < cut; i++) {
            int block = i < cut - needed ? NONE : pool.find(sequence.block(i), true);
            if (block != NONE) {
                pool.pin(block);
            }
            sequence.holdInWindow(block);
        }
    }

    /** Gives back what no token that is still to be computed looks back to. */
    void slide(Sequence sequence) {
        int passed = Math.min(sequence.heldInWindow(), Math.max(0, sequence.computed - window + 1) / blockSize);
        for (int i = passed - 1; i >= 0 && sequence.windowBlock(i) != NONE; i--) {
            pool.release(sequence.windowBlock(i));
            sequence.passed(i);
        }
    }

    /** Full blocks {@code from} to {@code to} - 1 can be found from now on. */
    void cache(Sequence sequence, int from, int to) {
        for (int i = from; i < to; i++) {
            pool.cache(sequence.windowBlock(i), sequence.block(i), true);
        }
    }

    void release(Sequence sequence) {
        for (int i = sequence.heldInWindow() - 1; i >= 0; i--) {
            if (sequence.windowBlock(i) != NONE) {
                pool.release(sequence.windowBlock(i));
            }
        }
    }
}
