package io.kvasir.metric;

/** Counts of values in fixed buckets, as Prometheus has them. */
public interface Histogram {

    /** Upper bounds, without the open bucket. */
    double[] bounds();

    /** Counts per bucket, not cumulated; the last is the open one. */
    long[] counts();

    /** Sum of all values. */
    double sum();
}
