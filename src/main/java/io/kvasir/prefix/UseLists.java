package io.kvasir.prefix;

import java.util.Arrays;

/**
 * For every endpoint the list of what it holds, from the least to the most recently used: one entry per run held, and
 * one per group of blocks that is known by its size only. Doubly linked through primitive arrays; freed entries are
 * reused. Written by one thread at a time.
 *
 * <p>An entry has an owner while only the request that brought its blocks has used them: what a request that never ran
 * takes back.
 *
 * <p>A path is placed so that a run's entry lies on the hotter side of the entries of the runs below it. Taking from
 * the cold end therefore always takes the deepest blocks of the least recently used path first, the order in which
 * vLLM's free list gives up cached blocks.
 */
final class UseLists {
    static final int NONE = -1;

    /** The owner of blocks that more than one request has used, or one that ran. */
    static final int SHARED = 0;

    private int[] run = new int[16];
    private int[] colder = new int[16];
    private int[] hotter = new int[16];
    private int[] tick = new int[16];
    private int[] owner = new int[16];
    /** Blocks from the run's start that were there before the owner's. */
    private int[] base = new int[16];

    private int free = NONE;
    private int high;
    private int live;

    private int[] coldest = new int[0];
    private int[] hottest = new int[0];

    /** A new entry, not yet in a list. */
    int add(int ofRun) {
        int entry = free;
        if (entry != NONE) {
            free = hotter[entry];
        } else {
            if (high == run.length) {
                int capacity = high + (high >>> 1);
                run = Arrays.copyOf(run, capacity);
                colder = Arrays.copyOf(colder, capacity);
                hotter = Arrays.copyOf(hotter, capacity);
                tick = Arrays.copyOf(tick, capacity);
                owner = Arrays.copyOf(owner, capacity);
                base = Arrays.copyOf(base, capacity);
            }
            entry = high++;
        }
        run[entry] = ofRun;
        owner[entry] = SHARED;
        base[entry] = 0;
        live++;
        return entry;
    }

    /** A new entry for blocks of which only the number is known, at least 1. */
    int addUnkeyed(int blocks) {
        return add(-1 - blocks);
    }

    /** Says who brought the blocks behind the first {@code before} of an entry's run. */
    void own(int entry, int by, int before) {
        owner[entry] = by;
        base[entry] = before;
    }

    /** Who alone has used the end of an entry's run, or {@link #SHARED}. */
    int owner(int entry) {
        return owner[entry];
    }

    /** Blocks of an entry's run that were there before its owner's. */
    int base(int entry) {
        return base[entry];
    }

    /** The run of an entry, or a negative number for unkeyed blocks. */
    int run(int entry) {
        return run[entry];
    }

    void moveTo(int entry, int newRun) {
        run[entry] = newRun;
    }

    static int unkeyedBlocks(int run) {
        return -1 - run;
    }

    void setUnkeyedBlocks(int entry, int blocks) {
        run[entry] = -1 - blocks;
    }

    /** Puts an unlinked entry at the hot end, or directly on the cold side of {@code below} where that is given. */
    void place(int entry, int ordinal, int below, int now) {
        tick[entry] = now;
        ensureOrdinal(ordinal);
        if (below == NONE) {
            link(entry, ordinal, hottest[ordinal], NONE);
        } else {
            link(entry, ordinal, colder[below], below);
        }
    }

    /** Puts an unlinked entry directly on the hot side of {@code above}, as if used at the same time. */
    void placeAbove(int entry, int ordinal, int above) {
        tick[entry] = tick[above];
        link(entry, ordinal, above, hotter[above]);
    }

    private void link(int entry, int ordinal, int coldSide, int hotSide) {
        colder[entry] = coldSide;
        hotter[entry] = hotSide;
        if (coldSide == NONE) {
            coldest[ordinal] = entry;
        } else {
            hotter[coldSide] = entry;
        }
        if (hotSide == NONE) {
            hottest[ordinal] = entry;
        } else {
            colder[hotSide] = entry;
        }
    }

    void unlink(int entry, int ordinal) {
        int coldSide = colder[entry];
        int hotSide = hotter[entry];
        if (coldSide == NONE) {
            coldest[ordinal] = hotSide;
        } else {
            hotter[coldSide] = hotSide;
        }
        if (hotSide == NONE) {
            hottest[ordinal] = coldSide;
        } else {
            colder[hotSide] = coldSide;
        }
    }

    /** Unlinks the entry and gives it up. */
    void remove(int entry, int ordinal) {
        unlink(entry, ordinal);
        hotter[entry] = free;
        free = entry;
        live--;
    }

    /** The least recently used entry of an endpoint, or {@link #NONE}. */
    int coldest(int ordinal) {
        return ordinal < coldest.length ? coldest[ordinal] : NONE;
    }

    int tick(int entry) {
        return tick[entry];
    }

    int size() {
        return live;
    }

    long bytes() {
        return 24L * run.length + 8L * coldest.length;
    }

    private void ensureOrdinal(int ordinal) {
        int had = coldest.length;
        if (ordinal >= had) {
            int capacity = Math.max(ordinal + 1, 2 * had);
            coldest = Arrays.copyOf(coldest, capacity);
            hottest = Arrays.copyOf(hottest, capacity);
            Arrays.fill(coldest, had, capacity, NONE);
            Arrays.fill(hottest, had, capacity, NONE);
        }
    }
}
