package io.kvasir.admission.flow;

import io.kvasir.metric.Histogram;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts of waits by their length: 10 ms to ten minutes. */
final class WaitTimes implements Histogram {
    private static final double[] SECONDS = {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600};

    private final AtomicLongArray counts = new AtomicLongArray(SECONDS.length + 1);
    private final LongAdder sumNanos = new LongAdder();

    void record(long nanos) {
        int bucket = 0;
        while (bucket < SECONDS.length && nanos > SECONDS[bucket] * 1e9) {
            bucket++;
        }
        counts.getAndIncrement(bucket);
        sumNanos.add(Math.max(0, nanos));
    }

    @Override
    public double[] bounds() {
        return SECONDS.clone();
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
