package io.kvasir.prefix;

/**
 * In which run a block lies that an engine knows by a hash: 32 bits a block, of which 24 are the run and 8 tell most other
 * blocks apart. The hashes themselves lie with the runs, in columns, where a candidate is looked up. For one thread at a
 * time.
 *
 * <p>Slots lie in lines of the size of a cache line, those in use first, behind one that counts them: to put a block
 * somewhere reads and writes one line and guesses nothing. A block whose line is full goes to one behind it, and is counted
 * in those that it passes, so that what is gone leaves no trace.
 */
final class EngineHashes {
    /** Runs that can be told apart. */
    static final int MAX_RUNS = 1 << 24;

    /** Ints of a line, the count included. */
    private static final int LINE = 16;

    /** From the number of a line to where it is, in the higher half. */
    private static final int LINE_SHIFT = 32 + 4;

    private static final int ROOM = LINE - 1;
    /** Of a line's first int, how many of its slots are in use; the rest are the blocks that passed it. */
    private static final int IN_USE = 15;

    private static final int PASSED = 16;
    /** Blocks of a line on average before there are more lines, and after. */
    private static final int MOST = 13;

    private static final int AFTER_GROWTH = 7;
    /** Where lines begin in an array that itself begins 16 bytes behind a multiple of 64, as large ones do. */
    private static final int FIRST = 12;

    /** Blocks whose lines are fetched from memory at once. */
    private static final int BATCH = 64;

    private static final long SPACES = 0xC2B2AE3D27D4EB4FL;

    private static final int NONE = -1;
    private static final int SEVERAL = -2;

    /** Gives the hashes of all blocks, to make a larger table. */
    interface All {
        void each(Entries each);
    }

    /** Takes blocks of one run. */
    interface Entries {
        void put(int space, long[] hashes, int from, int n, int run);
    }

    private final long salt;
    private int lines = 1;
    private int[] slots = new int[FIRST + LINE];
    /** Where blocks of a batch are looked for, and last what was fetched: else it would not be. */
    private final long[] starts = new long[BATCH + 1];

    private int live;

    /** @param salt a secret that keeps others from aiming at one place of the table */
    EngineHashes(long salt) {
        this.salt = salt;
    }

    /** Where a search begins, in the higher half, and what it compares, in the lowest byte. */
    private long start(int space, long hash) {
        return start(hash, salt, space * SPACES, lines);
    }

    private static long start(long hash, long salt, long ofSpace, long lines) {
        long x = (hash ^ salt) * 0x9E3779B97F4A7C15L + ofSpace;
        x = (x ^ (x >>> 32)) * 0xD6E8FEB86659FD93L;
        x ^= x >>> 29;
        return (x >>> 32) * lines >>> 32 << LINE_SHIFT | x & 0xFF;
    }

    /** The place of the line where a search begins. */
    private static int line(long start) {
        return FIRST + (int) (start >>> 32);
    }

    /** What of a block its slot tells besides the run: two of a run that have it in common can be taken for each other. */
    int look(int space, long hash) {
        return (int) start(space, hash) & 0xFF;
    }

    /** The first slot that may be the block's, or -1; see {@link #next} and {@link #run}. */
    int first(int space, long hash) {
        long start = start(space, hash);
        int line = line(start);
        return seek(line, line, line + 1, (int) start);
    }

    /** The one after; -1 for none. */
    int next(int place, int space, long hash) {
        long start = start(space, hash);
        return seek(line(start), (place - FIRST & -LINE) + FIRST, place + 1, (int) start);
    }

    /** @param home the line where the search began: behind all others, where each was passed by somebody, there is no more */
    private int seek(int home, int ofLine, int from, int look) {
        int line = ofLine;
        int place = from;
        while (true) {
            int head = slots[line];
            for (int end = line + (head & IN_USE); place <= end; place++) {
                if (((slots[place] ^ look) & 0xFF) == 0) {
                    return place;
                }
            }
            if (head < PASSED) {
                return NONE;
            }
            line = after(line);
            if (line == home) {
                return NONE;
            }
            place = line + 1;
        }
    }

    private int after(int line) {
        return line + LINE == slots.length ? FIRST : line + LINE;
    }

    /** The run that a slot stands for. */
    int run(int place) {
        return slots[place] >>> 8;
    }

    private static int slot(int run, int look) {
        return run << 8 | look & 0xFF;
    }

    /** Makes room for more. */
    void reserve(int more, All all) {
        if (live + more > (long) MOST * lines) {
            lines = (live + more) / AFTER_GROWTH + 1;
            slots = new int[FIRST + LINE * lines];
            live = 0;
            all.each(this::put);
        }
    }

    /** Has the lines of blocks come from memory together, so that one does not wait for another: {@value #BATCH} at most. */
    private void fetch(int space, long[] hashes, int from, int n) {
        long[] all = starts;
        System.arraycopy(hashes, from, all, 0, n);
        long ofSpace = space * SPACES;
        long ofSalt = salt;
        long ofLines = lines;
        // in place, so that the compiler sees no two arrays that could be one, and makes many at a time
        for (int i = 0; i < n; i++) {
            all[i] = start(all[i], ofSalt, ofSpace, ofLines);
        }
        // by itself, so that a processor sees many of these before the first has come
        int[] table = slots;
        int sum = 0;
        for (int i = 0; i < n; i++) {
            sum += table[line(all[i])];
        }
        all[BATCH] = sum;
    }

    /** Blocks that no column has yet lie in that run; there is room for them. */
    void put(int space, long[] hashes, int from, int n, int run) {
        live += n;
        if (n == 1) {
            // also while others are moved, whose starts are kept
            put(start(space, hashes[from]), run);
            return;
        }
        for (int at = 0; at < n; at += BATCH) {
            int some = Math.min(BATCH, n - at);
            fetch(space, hashes, from + at, some);
            for (int i = 0; i < some; i++) {
                put(starts[i], run);
            }
        }
    }

    private void put(long start, int run) {
        int line = line(start);
        int head = slots[line];
        while ((head & IN_USE) == ROOM) {
            slots[line] = head + PASSED;
            line = after(line);
            head = slots[line];
        }
        slots[line] = head + 1;
        slots[line + 1 + (head & IN_USE)] = slot(run, (int) start);
    }

    /** Hears of a block whose slot cannot be told from another's. */
    interface Doubt {
        void at(int index);
    }

    /**
     * The slots of blocks say another run from now on, or none, the last block first.
     *
     * @param newRun -1 for none
     * @param doubt told of those that two slots of that run could be: nothing was changed for them
     */
    void move(int space, long[] hashes, int from, int to, int run, int newRun, Doubt doubt) {
        for (int end = to; end > from; end -= BATCH) {
            int begin = Math.max(from, end - BATCH);
            fetch(space, hashes, begin, end - begin);
            for (int i = end - 1; i >= begin; i--) {
                long start = starts[i - begin];
                int place = only(line(start), slot(run, (int) start));
                if (place == SEVERAL) {
                    doubt.at(i);
                } else if (place >= 0 && newRun >= 0) {
                    slots[place] = slot(newRun, (int) start);
                } else if (place >= 0) {
                    remove(place, start);
                }
            }
        }
    }

    /** Where that slot is; {@link #NONE}, or {@link #SEVERAL} where there are two. */
    private int only(int home, int slot) {
        int found = NONE;
        int count = 0;
        int line = home;
        while (true) {
            int head = slots[line];
            // how far a line is used and where the slot is nobody can foresee: there is no branch for the latter
            for (int place = line + 1, end = line + (head & IN_USE); place <= end; place++) {
                boolean same = slots[place] == slot;
                found = same ? place : found;
                count += same ? 1 : 0;
            }
            line = after(line);
            if (head < PASSED || line == home) {
                return count > 1 ? SEVERAL : found;
            }
        }
    }

    private int ofRun(int line, int from, long start, int run) {
        int home = line(start);
        int place = seek(home, line, from, (int) start);
        while (place >= 0 && run(place) != run) {
            place = seek(home, (place - FIRST & -LINE) + FIRST, place + 1, (int) start);
        }
        return place;
    }

    private void remove(int place, long start) {
        int line = line(start);
        int last = (place - FIRST & -LINE) + FIRST;
        while (line != last) {
            slots[line] -= PASSED;
            line = after(line);
        }
        int head = slots[line];
        slots[place] = slots[line + (head & IN_USE)];
        slots[line] = head - 1;
        live--;
    }

    /** Takes the nearest slot that could be the block's and says that run. */
    void remove(int space, long hash, int run) {
        long start = start(space, hash);
        int place = ofRun(line(start), line(start) + 1, start, run);
        if (place >= 0) {
            remove(place, start);
        }
    }

    long bytes() {
        return 16 + 4L * slots.length;
    }
}
