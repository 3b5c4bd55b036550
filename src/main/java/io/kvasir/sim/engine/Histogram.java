package io.kvasir.sim.engine;

/** Counts observations in buckets with inclusive upper bounds, as Prometheus does. */
public final class Histogram {
    private static final Histogram OFF = new Histogram();

    private final double[] bounds;
    private final long[] counts;
    private double sum;
    private long total;

    /** An empty one; {@code bounds} ascend. */
    public Histogram(double... bounds) {
        this.bounds = bounds.clone();
        this.counts = new long[bounds.length + 1];
    }

    /** One that counts nothing, for who reads none. */
    static Histogram off() {
        return OFF;
    }

    /** Counts one observation. */
    public void observe(double value) {
        observe(value, 1);
    }

    /** Counts so many observations of one value. */
    public void observe(double value, int times) {
        if (this == OFF) {
            return;
        }
        int i = 0;
        while (i < bounds.length && value > bounds[i]) {
            i++;
        }
        counts[i] += times;
        sum += value * times;
        total += times;
    }

    /** Number of finite bounds. */
    public int size() {
        return bounds.length;
    }

    /** Upper bound {@code i}. */
    public double bound(int i) {
        return bounds[i];
    }

    /** Observations in bucket {@code i} alone; bucket {@link #size} is the one without a bound. */
    public long count(int i) {
        return counts[i];
    }

    /** Sum of all observations. */
    public double sum() {
        return sum;
    }

    /** Number of all observations. */
    public long total() {
        return total;
    }
}
