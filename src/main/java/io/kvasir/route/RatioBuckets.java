package io.kvasir.route;

import io.kvasir.metric.Histogram;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/** Counts of what happened over what was predicted: 1 is as predicted, 2 twice as long. */
public final class RatioBuckets implements Histogram {
    private static final double[] BOUNDS = {0.1, 0.25, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 4, 10};

    /** What one ratio counts for in the sum at most: predictions of almost nothing would rule it. */
    private static final double MOST = 100;

    private final AtomicLongArray counts = new AtomicLongArray(BOUNDS.length + 1);
    private final DoubleAdder sum = new DoubleAdder();

    /** Counts one pair; one without a prediction above 0 says nothing and does not count. */
    void record(double actual, double predicted) {
        if (!(predicted > 0) || !(actual >= 0)) {
            return;
        }
        double ratio = Math.min(MOST, actual / predicted);
        int bucket = 0;
        while (bucket < BOUNDS.length && ratio > BOUNDS[bucket]) {
            bucket++;
        }
        counts.getAndIncrement(bucket);
        sum.add(ratio);
    }

    @Override
    public double[] bounds() {
        return BOUNDS.clone();
    }

    @Override
    public long[] counts() {
        return Histogram.copyOf(counts);
    }

    @Override
    public double sum() {
        return sum.sum();
    }
}
