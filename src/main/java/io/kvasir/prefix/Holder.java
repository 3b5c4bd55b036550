package io.kvasir.prefix;

/**
 * One endpoint's share of a run, packed into a long: ordinal (16 bits), blocks held from the run's start (17 bits),
 * use entry (31 bits). Ordinals are the high bits, so that holders sort by ordinal.
 */
final class Holder {
    /** The longest length that fits. */
    static final int MAX_LENGTH = (1 << 17) - 1;

    private Holder() {}

    static long of(int ordinal, int length, int entry) {
        return (long) ordinal << 48 | (long) length << 31 | entry;
    }

    static int ordinal(long holder) {
        return (int) (holder >>> 48);
    }

    static int length(long holder) {
        return (int) (holder >>> 31) & MAX_LENGTH;
    }

    static int entry(long holder) {
        return (int) holder & Integer.MAX_VALUE;
    }
}
