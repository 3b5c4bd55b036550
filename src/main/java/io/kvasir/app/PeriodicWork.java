package io.kvasir.app;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.vertx.core.Vertx;

/**
 * What is done again and again on threads that may block. What fails is counted and logged, and done again the next time.
 * From any thread.
 */
final class PeriodicWork implements Metered {
    private final Vertx vertx;
    private final ContainedFailures failures = new ContainedFailures("Periodic work");

    PeriodicWork(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Does it every so many milliseconds, at least one, until what is returned is run. */
    Runnable every(long millis, Runnable work) {
        long timer = vertx.setPeriodic(
                millis,
                _ -> vertx.executeBlocking(() -> {
                    failures.contain(work);
                    return null;
                }));
        return () -> vertx.cancelTimer(timer);
    }

    @Override
    public void describe(MetricSink sink) {
        failures.describe(sink, "periodic-work");
    }
}
