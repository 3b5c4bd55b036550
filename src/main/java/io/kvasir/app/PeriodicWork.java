package io.kvasir.app;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What is done again and again on threads that may block. What fails is counted and logged, and done again the next time; what
 * takes longer than until then leaves times out instead of piling them up, and holds up nothing else. From any thread.
 */
final class PeriodicWork implements Metered {
    private final Vertx vertx;
    private final ContainedFailures failures = new ContainedFailures("Periodic work");

    PeriodicWork(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Does it every so many milliseconds, at least one, until what is returned is closed. */
    AutoCloseable every(long millis, Runnable work) {
        var due = new AtomicBoolean();
        long timer = vertx.setPeriodic(millis, _ -> {
            if (due.compareAndSet(false, true)) {
                // in no order: timers that one thread made share a context, and would wait for each other
                vertx.executeBlocking(
                        () -> {
                            try {
                                failures.contain(work);
                            } finally {
                                due.set(false);
                            }
                            return null;
                        },
                        false);
            }
        });
        return () -> vertx.cancelTimer(timer);
    }

    @Override
    public void describe(MetricSink sink) {
        failures.describe(sink, "periodic-work");
    }
}
