package io.kvasir.observe;

import io.kvasir.metric.Histogram;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/** Counts of values of any unit in fixed buckets. */
final class ValueBuckets implements Histogram {
    private final double[] bounds;
    private final AtomicLongArray counts;
    private final DoubleAdder sum = new DoubleAdder();

    /** @param bounds ascending */
    ValueBuckets(double... bounds) {
        this.bounds = bounds.clone();
        counts = new AtomicLongArray(bounds.length + 1);
    }

    /** Doubling from {@code first} to {@code last} at most, with 1 in front. */
    static double[] doubling(double first, double last) {
        int count = 1;
        for (double bound = first; bound <= last; bound *= 2) {
            count++;
        }
        double[] bounds = new double[count];
        bounds[0] = 1;
        double bound = first;
        for (int i = 1; i < count; i++) {
            bounds[i] = bound;
            bound *= 2;
        }
        return bounds;
    }

    /** Counts one; what is no number, or negative, is not counted. */
    void record(double value) {
        if (!(value >= 0)) {
            return;
        }
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        counts.getAndAdd(bucket, 1);
        sum.add(value);
    }

    @Override
    public double[] bounds() {
        return bounds.clone();
    }

    @Override
    public long[] counts() {
        long[] copy = new long[counts.length()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = counts.get(i);
        }
        return copy;
    }

    @Override
    public double sum() {
        return sum.sum();
    }
}
