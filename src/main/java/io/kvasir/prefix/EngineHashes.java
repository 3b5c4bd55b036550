package io.kvasir.prefix;

/**
 * In which run a block lies that an engine knows by a hash: open addressing over 32 bits a block, of which 23 are the run
 * and 8 tell most other blocks apart. The hashes themselves lie with the runs, in columns, where a candidate is looked up.
 * For one thread at a time.
 */
final class EngineHashes {
    /** Runs that can be told apart. */
    static final int MAX_RUNS = (1 << 23) - 2;

    private static final int EMPTY = 0;
    private static final int DELETED = 1;

    /** Gives the hashes of all blocks, to make a larger table. */
    interface All {
        void each(Entry each);
    }

    /** Takes one block. */
    interface Entry {
        void at(int space, long hash, int run);
    }

    private final long salt;
    private int[] slots = new int[64];
    private int live;
    private int used;

    /** @param salt a secret that keeps others from aiming at one place of the table */
    EngineHashes(long salt) {
        this.salt = salt;
    }

    /** Where a search begins, in the higher half, and what it compares, in the lowest byte. */
    long start(int space, long hash) {
        long x = (hash ^ salt) * 0x9E3779B97F4A7C15L + space * 0xC2B2AE3D27D4EB4FL;
        x = (x ^ (x >>> 32)) * 0xD6E8FEB86659FD93L;
        x ^= x >>> 29;
        int place = (int) ((x >>> 32) * slots.length >>> 32);
        return (long) place << 32 | (x & 0xFF);
    }

    /** The slot after. */
    int after(int place) {
        return place + 1 == slots.length ? 0 : place + 1;
    }

    /** Whether a search ends there. */
    boolean ends(int place) {
        return slots[place] == EMPTY;
    }

    /** The run that the slot stands for, or -1 where it is another block's for certain. */
    int candidate(int place, long start) {
        int slot = slots[place];
        return slot > DELETED && ((slot ^ (int) start) & 0xFF) == 0 ? (slot >>> 8) - 1 : -1;
    }

    private static int slot(int run, long start) {
        return run + 1 << 8 | (int) start & 0xFF;
    }

    /** A block that no column has yet lies in that run. */
    void insert(int space, long hash, int run, All all) {
        reserve(all);
        put(space, hash, run);
    }

    /** Makes room for one more. */
    void reserve(All all) {
        if (used >= slots.length - (slots.length >>> 2)) {
            int needed = 2 * live + 64;
            slots = new int[needed];
            live = 0;
            used = 0;
            all.each(this::put);
        }
    }

    /** As {@link #insert}, where there is room. */
    void put(int space, long hash, int run) {
        long start = start(space, hash);
        int place = (int) (start >>> 32);
        while (slots[place] > DELETED) {
            place = after(place);
        }
        if (slots[place] == EMPTY) {
            used++;
        }
        slots[place] = slot(run, start);
        live++;
    }

    /**
     * The block's slot says another run from now on, or none.
     *
     * @param newRun -1 for none
     * @return false where two slots of that run could be the block's: none was changed
     */
    boolean move(int space, long hash, int run, int newRun) {
        long start = start(space, hash);
        int found = -1;
        for (int place = (int) (start >>> 32); !ends(place); place = after(place)) {
            if (candidate(place, start) == run) {
                if (found >= 0) {
                    return false;
                }
                found = place;
            }
        }
        if (found >= 0) {
            change(found, start, newRun);
        }
        return true;
    }

    private void change(int place, long start, int newRun) {
        if (newRun >= 0) {
            slots[place] = slot(newRun, start);
            return;
        }
        live--;
        if (ends(after(place))) {
            slots[place] = EMPTY;
            used--;
        } else {
            slots[place] = DELETED;
        }
    }

    /** Takes every slot that could be the block's and says that run. */
    void removeAll(int space, long hash, int run) {
        long start = start(space, hash);
        for (int place = (int) (start >>> 32); !ends(place); place = after(place)) {
            if (candidate(place, start) == run) {
                slots[place] = DELETED;
                live--;
            }
        }
    }

    int size() {
        return live;
    }

    long bytes() {
        return 16 + 4L * slots.length;
    }
}
