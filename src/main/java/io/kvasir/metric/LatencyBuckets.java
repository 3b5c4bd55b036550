package io.kvasir.metric;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts of durations in fixed buckets, as Prometheus histograms have them. Cheap enough for every streamed chunk. */
public final class LatencyBuckets implements Histogram {
    private static final double[] SECONDS = {
        0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 40, 80, 160
    };

    private static final double[] TOKEN_SECONDS = {
        0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 5
    };

    private static final double[] DECISION_SECONDS = {
        0.00001, 0.000025, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.1
    };

    private static final double[] WAIT_SECONDS = {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600};

    private final double[] bounds;
    private final long[] boundNanos;
    private final AtomicLongArray counts;
    private final LongAdder sumNanos = new LongAdder();

    /** For times to first token and of whole answers: 5 ms to 160 s. */
    public static LatencyBuckets ofAnswers() {
        return new LatencyBuckets(SECONDS);
    }

    /** For times between tokens: 1 ms to 5 s. */
    public static LatencyBuckets ofTokens() {
        return new LatencyBuckets(TOKEN_SECONDS);
    }

    /** For decisions: 10 µs to 100 ms. */
    public static LatencyBuckets ofDecisions() {
        return new LatencyBuckets(DECISION_SECONDS);
    }

    /** For waits in a queue: 10 ms to ten minutes. */
    public static LatencyBuckets ofWaits() {
        return new LatencyBuckets(WAIT_SECONDS);
    }

    private LatencyBuckets(double[] bounds) {
        this.bounds = bounds;
        boundNanos = new long[bounds.length];
        for (int i = 0; i < bounds.length; i++) {
            boundNanos[i] = Math.round(bounds[i] * 1e9);
        }
        counts = new AtomicLongArray(bounds.length + 1);
    }

    /** Counts one duration in ns; negative ones count as 0. */
    public void record(long nanos) {
        record(nanos, 1);
    }

    /** Counts {@code times} durations of {@code nanos} each. */
    public void record(long nanos, int times) {
        int bucket = 0;
        while (bucket < boundNanos.length && nanos > boundNanos[bucket]) {
            bucket++;
        }
        counts.getAndAdd(bucket, times);
        sumNanos.add(Math.max(0, nanos) * times);
    }

    @Override
    public double[] bounds() {
        return bounds.clone();
    }

    @Override
    public long[] counts() {
        return Histogram.copyOf(counts);
    }

    @Override
    public double sum() {
        return sumNanos.sum() * 1e-9;
    }
}
