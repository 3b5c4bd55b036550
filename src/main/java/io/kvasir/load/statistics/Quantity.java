package io.kvasir.load.statistics;

import java.util.Arrays;

/** What is made of a set of values, each of which counts a number of times. */
public sealed interface Quantity {
    /**
     * The least value that a share of all do not exceed (nearest rank).
     *
     * @param share above 0, at most 1
     */
    record Quantile(double share) implements Quantity {
        public Quantile {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("share: " + share + "; allowed: above 0, at most 1");
            }
        }
    }

    /** Their mean. */
    record Mean() implements Quantity {}

    /** Of these values, in any order; NaN of none. */
    default double of(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int[] once = new int[sorted.length];
        Arrays.fill(once, 1);
        return weighted(sorted, once);
    }

    /**
     * Of values that count several times or not at all.
     *
     * @param sorted values, ascending
     * @param counts how often each counts
     * @return NaN if none counts
     */
    default double weighted(double[] sorted, int[] counts) {
        long all = 0;
        for (int count : counts) {
            all += count;
        }
        if (all == 0) {
            return Double.NaN;
        }
        return switch (this) {
            case Quantile(double share) -> ranked(sorted, counts, Math.max(1, (long) Math.ceil(share * all)));
            case Mean() -> sum(sorted, counts) / all;
        };
    }

    private static double ranked(double[] sorted, int[] counts, long rank) {
        long seen = 0;
        for (int i = 0; i < sorted.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return sorted[i];
            }
        }
        throw new IllegalStateException("fewer values than were counted");
    }

    private static double sum(double[] sorted, int[] counts) {
        double sum = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (counts[i] > 0) {
                sum += sorted[i] * counts[i];
            }
        }
        return sum;
    }
}
