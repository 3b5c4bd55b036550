package io.kvasir.prefix;

import java.util.Arrays;

/**
 * {@linkplain KeyRuns Runs} with those who hold them: one length an endpoint, sorted by ordinal. Larger holder sets are one
 * array per run, for the reasons that keys are.
 */
final class RunTable extends KeyRuns {
    private static final long[] NOBODY = {};

    private int[] holderCount = new int[FIRST_CAPACITY];
    private long[] holder = new long[FIRST_CAPACITY];
    private long[][] holders = new long[FIRST_CAPACITY][];
    private long holderCapacity;

    RunTable(long salt) {
        super(salt, Integer.MAX_VALUE, Integer.MAX_VALUE);
        Arrays.fill(holders, NOBODY);
    }

    /**
     * Raises the answer of every holder of this run that also holds all before it, from {@code depth} blocks to what it
     * holds of the next {@code matched}.
     */
    void credit(int run, int depth, int matched, int[] answer, int endpoints) {
        int count = holderCount[run];
        if (count == 1) {
            credit(holder[run], depth, matched, answer, endpoints);
        } else if (count > 1) {
            long[] many = holders[run];
            for (int i = 0; i < count; i++) {
                credit(many[i], depth, matched, answer, endpoints);
            }
        }
    }

    private static void credit(long holder, int depth, int matched, int[] answer, int endpoints) {
        int ordinal = Holder.ordinal(holder);
        if (ordinal < endpoints && answer[ordinal] == depth) {
            answer[ordinal] = depth + Math.min(matched, Holder.length(holder));
        }
    }

    int holderCount(int run) {
        return holderCount[run];
    }

    long holder(int run, int index) {
        return holderCount[run] == 1 ? holder[run] : holders[run][index];
    }

    /** Where an endpoint's holder is, or -1 - the index at which it would be. */
    int findHolder(int run, int ordinal) {
        int count = holderCount[run];
        if (count == 0) {
            return -1;
        }
        int low = 0;
        int above = count;
        while (low < above) {
            int middle = (low + above) >>> 1;
            int at = Holder.ordinal(holder(run, middle));
            if (at == ordinal) {
                return middle;
            }
            if (at < ordinal) {
                low = middle + 1;
            } else {
                above = middle;
            }
        }
        return -1 - low;
    }

    void setHolder(int run, int index, long value) {
        if (holderCount[run] == 1) {
            holder[run] = value;
        } else {
            holders[run][index] = value;
        }
    }

    void addHolder(int run, int index, long value) {
        int count = holderCount[run];
        if (count == 0) {
            holder[run] = value;
        } else {
            long[] many = holders[run];
            if (count == 1) {
                many = new long[2];
                many[0] = holder[run];
                holderCapacity += 2;
            } else if (count == many.length) {
                many = Arrays.copyOf(many, count + (count >>> 1) + 1);
                holderCapacity += many.length - count;
            }
            System.arraycopy(many, index, many, index + 1, count - index);
            many[index] = value;
            holders[run] = many;
        }
        holderCount[run] = count + 1;
    }

    void removeHolder(int run, int index) {
        int count = holderCount[run];
        if (count <= 2) {
            long left = count == 2 ? holders[run][1 - index] : 0;
            setHolders(run, NOBODY, 0);
            holder[run] = left;
            holderCount[run] = count - 1;
            return;
        }
        long[] many = holders[run];
        System.arraycopy(many, index + 1, many, index, count - index - 1);
        holderCount[run] = count - 1;
        if (many.length > 2 * count + 8) {
            holderCapacity += count - many.length;
            holders[run] = Arrays.copyOf(many, count);
        }
    }

    /** Replaces all holders by the first {@code count} of {@code sorted}, which the table keeps. */
    void setHolders(int run, long[] sorted, int count) {
        holderCapacity -= holders[run].length;
        holders[run] = count > 1 ? sorted : NOBODY;
        if (count > 1) {
            holderCapacity += sorted.length;
        } else if (count == 1) {
            holder[run] = sorted[0];
        }
        holderCount[run] = count;
    }

    /** The most blocks that any holder has of the run. */
    int longestHeld(int run) {
        int longest = 0;
        for (int i = 0; i < holderCount[run]; i++) {
            longest = Math.max(longest, Holder.length(holder(run, i)));
        }
        return longest;
    }

    @Override
    void remove(int run) {
        setHolders(run, NOBODY, 0);
        super.remove(run);
    }

    @Override
    void ensure(int had, int capacity) {
        holderCount = Arrays.copyOf(holderCount, capacity);
        holder = Arrays.copyOf(holder, capacity);
        holders = Arrays.copyOf(holders, capacity);
        Arrays.fill(holders, had, capacity, NOBODY);
    }

    @Override
    long bytes() {
        return super.bytes() + 8 * holderCapacity + 16L * holderCount.length;
    }
}
