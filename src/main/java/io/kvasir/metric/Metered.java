package io.kvasir.metric;

/** What counts something that metrics pages show. */
@FunctionalInterface
public interface Metered {
    /** Declares its metrics with their values at this moment. From any thread. */
    void describe(MetricSink sink);
}
