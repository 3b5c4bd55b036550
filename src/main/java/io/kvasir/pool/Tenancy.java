package io.kvasir.pool;

/**
 * Which endpoint has an ordinal: an ordinal is given to another endpoint as soon as its own has left, while requests are
 * still in flight there, and what is learned from these must not be credited to the newcomer. A number: the ordinal in its
 * lowest 24 bits, and above them how many endpoints came to the pool before; of two that had an ordinal the later one's is
 * the greater.
 */
public final class Tenancy {
    private static final int ORDINAL_BITS = 24;

    private Tenancy() {}

    /**
     * The tenancy of an ordinal.
     *
     * @param ordinal 0 to 2^24 - 1
     * @param before endpoints that came to the pool before
     */
    public static long of(int ordinal, long before) {
        return before << ORDINAL_BITS | ordinal;
    }

    /** The ordinal. */
    public static int ordinal(long tenancy) {
        return (int) (tenancy & ((1 << ORDINAL_BITS) - 1));
    }
}
