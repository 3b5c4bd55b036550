package io.kvasir.metric;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts of values in fixed buckets, as Prometheus has them. */
public interface Histogram {

    /** Upper bounds, without the open bucket. */
    double[] bounds();

    /** Counts per bucket, not cumulated; the last is the open one. */
    long[] counts();

    /** Sum of all values. */
    double sum();

    /** What was counted by bucket, as an array of its own. */
    static long[] copyOf(AtomicLongArray counts) {
        long[] copy = new long[counts.length()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = counts.get(i);
        }
        return copy;
    }
}
