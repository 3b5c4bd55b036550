package io.kvasir.prefix;

import java.util.Arrays;

/**
 * Which lanes hold how much of each run: one bit for a lane that holds all of it, else one length. What many lanes hold
 * whole costs a bit each, so that a lookup goes over lanes only where they part.
 *
 * <p>Readers may look in while a writer works, as in {@link RunTable}.
 */
final class LaneSet {
    private static final long[] NOBODY = {};

    /** Lanes that may hold a run that grows: two replicas, of which each has a lane for all tiers. */
    private static final int FEW = 4;

    /** The one lane that holds the run whole, plus 1; 0 where none does, or {@link #whole} says which. */
    private int[] sole = new int[16];

    private long[][] whole = new long[16][];
    /** By lane, in the higher half, ascending; lengths in the lower. Shorter than the run, and not 0. */
    private long[][] partial = new long[16][];

    LaneSet() {
        Arrays.fill(whole, NOBODY);
        Arrays.fill(partial, NOBODY);
    }

    void ensure(int runs) {
        int had = sole.length;
        if (runs > had) {
            int capacity = Math.max(runs, had + (had >>> 1));
            sole = Arrays.copyOf(sole, capacity);
            whole = Arrays.copyOf(whole, capacity);
            partial = Arrays.copyOf(partial, capacity);
            Arrays.fill(whole, had, capacity, NOBODY);
            Arrays.fill(partial, had, capacity, NOBODY);
        }
    }

    /** Nobody holds anything of the run. */
    void clear(int run) {
        sole[run] = 0;
        whole[run] = NOBODY;
        partial[run] = NOBODY;
    }

    /** The lanes {@code 64 * word} to {@code 64 * word + 63} that hold the run whole. */
    long wholeWord(int run, int word) {
        int only = sole[run] - 1;
        if (only >= 0) {
            return only >> 6 == word ? 1L << only : 0;
        }
        long[] bits = whole[run];
        return word < bits.length ? bits[word] : 0;
    }

    /**
     * Of the lanes in {@code some}, a bit each, those that do not hold the run whole are taken out.
     *
     * @param answer set to {@code depth} for each of these, where it is not 0
     */
    void keepWhole(int run, long[] some, int depth, int[] answer) {
        int only = sole[run] - 1;
        long[] bits = whole[run];
        for (int w = 0; w < some.length; w++) {
            long was = some[w];
            long stay = only < 0 ? w < bits.length ? bits[w] : 0 : only >> 6 == w ? 1L << only : 0;
            long gone = was & ~stay;
            if (gone != 0) {
                some[w] = was & stay;
                for (; gone != 0 && depth > 0; gone &= gone - 1) {
                    answer[(w << 6) + Long.numberOfTrailingZeros(gone)] = depth;
                }
            }
        }
    }

    /** Lanes that hold a part of the run: see {@link #partial}. */
    long[] partial(int run) {
        return partial[run];
    }

    static int lane(long entry) {
        return (int) (entry >>> 32);
    }

    static int length(long entry) {
        return (int) entry;
    }

    /** Blocks that a lane holds of a run of that length. */
    int held(int run, int lane, int runLength) {
        if ((wholeWord(run, lane >> 6) & 1L << lane) != 0) {
            return runLength;
        }
        int at = find(partial[run], lane);
        return at < 0 ? 0 : length(partial[run][at]);
    }

    private static int find(long[] entries, int lane) {
        int low = 0;
        int above = entries.length;
        while (low < above) {
            int middle = (low + above) >>> 1;
            int there = lane(entries[middle]);
            if (there == lane) {
                return middle;
            }
            if (there < lane) {
                low = middle + 1;
            } else {
                above = middle;
            }
        }
        return -1 - low;
    }

    /** A lane holds so many blocks of a run from now on. */
    void hold(int run, int lane, int length, int runLength) {
        setWhole(run, lane, length == runLength);
        long[] entries = partial[run];
        int at = find(entries, lane);
        boolean part = length > 0 && length < runLength;
        if (part && at >= 0) {
            entries[at] = (long) lane << 32 | length;
        } else if (part) {
            int to = -1 - at;
            long[] more = new long[entries.length + 1];
            System.arraycopy(entries, 0, more, 0, to);
            more[to] = (long) lane << 32 | length;
            System.arraycopy(entries, to, more, to + 1, entries.length - to);
            partial[run] = more;
        } else if (at >= 0) {
            long[] less = entries.length == 1 ? NOBODY : new long[entries.length - 1];
            System.arraycopy(entries, 0, less, 0, at);
            System.arraycopy(entries, at + 1, less, at, less.length - at);
            partial[run] = less;
        }
    }

    private void setWhole(int run, int lane, boolean all) {
        int only = sole[run] - 1;
        if (only == lane) {
            sole[run] = all ? lane + 1 : 0;
            return;
        }
        long[] bits = whole[run];
        int word = lane >> 6;
        if (!all) {
            if (word < bits.length && (bits[word] & 1L << lane) != 0) {
                bits[word] &= ~(1L << lane);
                compact(run, bits);
            }
            return;
        }
        if (only < 0 && bits.length == 0) {
            sole[run] = lane + 1;
            return;
        }
        int words = Math.max(bits.length, Math.max(word, only >> 6) + 1);
        if (words > bits.length) {
            bits = Arrays.copyOf(bits, words);
        }
        if (only >= 0) {
            bits[only >> 6] |= 1L << only;
        }
        bits[word] |= 1L << lane;
        whole[run] = bits;
        sole[run] = 0;
    }

    /** One lane is kept as its number. */
    private void compact(int run, long[] bits) {
        int only = -1;
        for (int w = 0; w < bits.length; w++) {
            if (bits[w] != 0) {
                if (only >= 0 || Long.bitCount(bits[w]) > 1) {
                    return;
                }
                only = (w << 6) + Long.numberOfTrailingZeros(bits[w]);
            }
        }
        whole[run] = NOBODY;
        sole[run] = only + 1;
    }

    /** Whether the lane holds the run whole, and with it few others, so that it may {@linkplain #grown grow}. */
    boolean mayGrow(int run, int lane) {
        int only = sole[run] - 1;
        if (only >= 0) {
            return only == lane;
        }
        int all = 0;
        for (long word : whole[run]) {
            all += Long.bitCount(word);
        }
        return all <= FEW && (wholeWord(run, lane >> 6) & 1L << lane) != 0;
    }

    /** The lane holds all of a run that became longer; what others have is a part from now on. */
    void grown(int run, int lane, int oldLength, int newLength) {
        if (sole[run] == lane + 1) {
            return;
        }
        long[] others = whole[run];
        whole[run] = NOBODY;
        sole[run] = lane + 1;
        for (int w = 0; w < others.length; w++) {
            for (long left = others[w]; left != 0; left &= left - 1) {
                int other = (w << 6) + Long.numberOfTrailingZeros(left);
                if (other != lane) {
                    hold(run, other, oldLength, newLength);
                }
            }
        }
    }

    /** Whether any lane holds the run whole. */
    boolean anyWhole(int run) {
        return sole[run] != 0 || whole[run].length > 0;
    }

    /** The most blocks that any lane holds of a run of that length. */
    int longest(int run, int runLength) {
        if (anyWhole(run)) {
            return runLength;
        }
        int most = 0;
        for (long entry : partial[run]) {
            most = Math.max(most, length(entry));
        }
        return most;
    }

    /** The run was cut: {@code head} is what was before {@code at}, and {@code run} what is left. */
    void split(int run, int head, int at) {
        sole[head] = sole[run];
        whole[head] = whole[run].length == 0 ? NOBODY : whole[run].clone();
        long[] all = partial[run];
        if (all.length == 0) {
            partial[head] = NOBODY;
            return;
        }
        int behind = 0;
        int before = 0;
        for (long entry : all) {
            behind += length(entry) > at ? 1 : 0;
            before += length(entry) < at ? 1 : 0;
        }
        long[] left = new long[behind];
        long[] first = new long[before];
        behind = 0;
        before = 0;
        for (long entry : all) {
            if (length(entry) < at) {
                first[before++] = entry;
            }
            if (length(entry) > at) {
                left[behind++] = entry - at;
            }
        }
        partial[head] = first;
        partial[run] = left;
        for (long entry : all) {
            if (length(entry) >= at) {
                setWhole(head, lane(entry), true);
            }
        }
    }

    /** Of all arrays, with headers of 16 bytes and references of 4. */
    long bytes(int runs) {
        long bytes = 12L * sole.length;
        for (int run = 0; run < runs; run++) {
            bytes += whole[run].length == 0 ? 0 : 16 + 8L * whole[run].length;
            bytes += partial[run].length == 0 ? 0 : 16 + 8L * partial[run].length;
        }
        return bytes;
    }
}
