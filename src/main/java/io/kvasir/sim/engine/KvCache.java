package io.kvasir.sim.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What sequences hold of an engine's {@link BlockPool}: which blocks a prompt finds, who gets new ones, and which become
 * findable. Blocks may be owed: counted as taken, while nobody has looked yet which they are. Not thread-safe.
 */
final class KvCache {
    private final int blockSize;
    private final BlockPool pool;
    private final @Nullable WindowLayers windowed;
    private CacheListener listener = CacheListener.NONE;
    /** Blocks found for the sequence that is tried now. */
    private int[] found = new int[256];
    /** Of these, nobody holds so many; and in the window layers. */
    private int pinnable;

    /** Blocks that sequences have been promised and nobody has taken from the pool. */
    private int owed;
    /** Blocks that were taken for promises, to be given to whoever has one. */
    private int[] ready = new int[16];

    private int readied;

    KvCache(EngineLimits limits) {
        blockSize = limits.blockSize();
        pool = new BlockPool(limits.blocks());
        windowed = limits.window() == 0 ? null : new WindowLayers(pool, blockSize, limits.window());
    }

    /** Whether half of the layers look back over a window only, so that a token costs twice as many blocks. */
    boolean isWindowed() {
        return windowed != null;
    }

    void listen(CacheListener to) {
        listener = to;
        pool.listen(to);
    }

    /** The pool, with all that was promised taken from it. */
    BlockPool pool() {
        takeOwed();
        return pool;
    }

    /** Blocks that nobody holds or was promised. */
    int free() {
        return pool.free() - owed;
    }

    int capacity() {
        return pool.capacity();
    }

    int blocksFor(int tokens) {
        return (tokens + blockSize - 1) / blockSize;
    }

    /** Whether that many blocks more of each kind of layer are free. */
    boolean isFree(long blocks) {
        return free() >= (windowed == null ? blocks : 2 * blocks);
    }

    /** Promises blocks, which the caller has seen to be free, to sequences that {@link #give} will tell of. */
    void owe(int blocks) {
        owed += blocks;
    }

    private void takeOwed() {
        while (owed > 0) {
            if (readied == ready.length) {
                ready = Arrays.copyOf(ready, 2 * readied);
            }
            ready[readied++] = pool.take();
            owed--;
        }
    }

    /** Gives a sequence the blocks that it was promised, up to those for so many tokens. */
    void give(Sequence sequence, int tokens) {
        for (int missing = blocksFor(tokens) - sequence.held(); missing > 0; missing--) {
            if (readied > 0) {
                sequence.hold(ready[--readied]);
            } else {
                sequence.hold(pool.take());
                owed--;
            }
        }
    }

    /**
     * Leading blocks of a sequence that it could reuse now, kept as {@link Sequence#found}; what is found is remembered for
     * {@link #reuse}. At least one token is computed, for its logits.
     */
    int find(Sequence sequence) {
        takeOwed();
        int findable = (sequence.length() - 1) / blockSize;
        int hits = 0;
        pinnable = 0;
        while (hits < findable) {
            int block = pool.find(sequence.block(hits));
            if (block == BlockIndex.NONE) {
                break;
            }
            if (pool.isFree(block)) {
                pinnable++;
            }
            if (hits == found.length) {
                found = Arrays.copyOf(found, 2 * hits);
            }
            found[hits++] = block;
        }
        var windows = windowed;
        if (windows != null && hits > 0) {
            int all = hits;
            hits = windows.cut(sequence::block, all);
            for (int i = hits; i < all; i++) {
                pinnable -= pool.isFree(found[i]) ? 1 : 0;
            }
            pinnable += windows.pinnable(sequence, hits);
        }
        sequence.found = hits;
        return hits;
    }

    /** Whether what was found and so many blocks for its next tokens are there. */
    boolean fits(Sequence sequence, int tokens) {
        int missing = blocksFor(sequence.found * blockSize + tokens) - sequence.found;
        return (windowed == null ? missing : 2 * missing) <= pool.free() - pinnable;
    }

    /** The sequence begins with what was just found. */
    void reuse(Sequence sequence) {
        int hits = sequence.found;
        for (int i = 0; i < hits; i++) {
            pool.pin(found[i]);
            sequence.hold(found[i]);
        }
        if (windowed != null) {
            windowed.reuse(sequence, hits);
        }
        sequence.computed = hits * blockSize;
        sequence.registered = hits;
    }

    /**
     * Whether a sequence that could not be admitted cannot be now either, at the price of two look-ups: it finds no
     * more blocks than last time, and those it lacks are more than are free.
     */
    boolean stillBlocked(Sequence sequence, int budget) {
        takeOwed();
        int hits = sequence.found;
        if (hits == Sequence.UNKNOWN
                || windowed != null
                || (hits < (sequence.length() - 1) / blockSize && pool.find(sequence.block(hits)) != BlockIndex.NONE)) {
            return false;
        }
        int tokens = Math.min(sequence.length() - hits * blockSize, budget);
        return blocksFor(hits * blockSize + tokens) - hits > pool.free();
    }

    /** Gives a sequence blocks for its next tokens; false, and none, where not all are free. */
    boolean allocate(Sequence sequence, int tokens) {
        int missing = blocksFor(sequence.computed + tokens) - sequence.held();
        if (windowed != null) {
            windowed.slide(sequence);
        }
        if (!isFree(missing)) {
            return false;
        }
        for (int i = 0; windowed != null && i < missing; i++) {
            sequence.holdInWindow(pool.take());
        }
        for (int i = 0; i < missing; i++) {
            sequence.hold(pool.take());
        }
        return true;
    }

    /** Blocks that are full when so many more tokens are computed are findable from now on. */
    void register(Sequence sequence, int tokens) {
        // a sequence scheduled later in the same step shares them, as in vLLM
        int full = (sequence.computed + tokens) / blockSize;
        if (sequence.registered < full) {
            listener.stored(sequence, sequence.registered, full);
            if (windowed != null) {
                windowed.cache(sequence, sequence.registered, full);
            }
        }
        for (; sequence.registered < full; sequence.registered++) {
            pool.cache(sequence.heldBlock(sequence.registered), sequence.block(sequence.registered));
        }
    }

    /** A sequence gives back all that it holds. */
    void release(Sequence sequence) {
        if (windowed != null) {
            windowed.release(sequence);
        }
        for (int i = sequence.held() - 1; i >= 0; i--) {
            pool.release(sequence.heldBlock(i));
        }
        sequence.dropBlocks();
    }

    /** Leading blocks of a prompt that are findable now; one token at least is always computed. */
    int find(Prompt prompt) {
        takeOwed();
        int findable = (prompt.length() - 1) / blockSize;
        int hits = 0;
        while (hits < findable && pool.find(prompt.block(hits)) != BlockIndex.NONE) {
            hits++;
        }
        return windowed == null ? hits : windowed.cut(prompt::block, hits);
    }
}
