package io.kvasir.load.replay;

/** Counts of times, within 1.6 % of each; takes any number of them in the same room. Not thread-safe. */
public final class Latencies {
    /** Parts of an octave: bits of a float's mantissa that are told apart. */
    private static final int BITS = 5;

    private static final int SHIFT = 23 - BITS;
    private static final int LOWEST = Float.floatToIntBits(1e-6f) >>> SHIFT;
    private static final int SIZE = (Float.floatToIntBits(1e5f) >>> SHIFT) - LOWEST + 1;

    private final long[] counts = new long[SIZE];
    private long count;
    private double sum;

    /** Notes one time, in seconds. */
    public void add(double seconds) {
        int at = (Float.floatToRawIntBits((float) seconds) >>> SHIFT) - LOWEST;
        counts[Math.clamp(at, 0, SIZE - 1)]++;
        count++;
        sum += seconds;
    }

    /** Notes all that another one has. */
    public void addAll(Latencies other) {
        for (int i = 0; i < SIZE; i++) {
            counts[i] += other.counts[i];
        }
        count += other.count;
        sum += other.sum;
    }

    /** How many were noted. */
    public long count() {
        return count;
    }

    /** Their mean in seconds; NaN where there are none. */
    public double mean() {
        return sum / count;
    }

    /**
     * The time in seconds that a share of them do not exceed; NaN where there are none.
     *
     * @param share from 0 to 1
     */
    public double quantile(double share) {
        long rank = (long) Math.ceil(share * count);
        long seen = 0;
        for (int i = 0; i < SIZE; i++) {
            seen += counts[i];
            if (seen >= rank && seen > 0) {
                float from = Float.intBitsToFloat((i + LOWEST) << SHIFT);
                float to = Float.intBitsToFloat((i + 1 + LOWEST) << SHIFT);
                return (from + to) / 2.0;
            }
        }
        return Double.NaN;
    }
}
