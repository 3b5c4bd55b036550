package io.kvasir.route;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many requests may be sent again, over the whole pool: one for five requests, and one a second, saved up to
 * {@link #MOST}. So retries cannot multiply the load of a pool in trouble. Nothing is shared between requests but a count.
 */
public final class RetryBudget implements Metered {
    /** Retries that can be saved up. */
    public static final double MOST = 100;

    private static final double PER_REQUEST = 0.2;
    private static final double PER_SECOND = 1;

    /** What was left, and when and after how many requests. */
    private record Saved(double retries, long requests, long nanos) {}

    private final LongAdder requests = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final AtomicReference<Saved> saved;

    /** A full budget. */
    RetryBudget(long nowNanos) {
        saved = new AtomicReference<>(new Saved(MOST, 0, nowNanos));
    }

    /** A request came. */
    void request() {
        requests.increment();
    }

    /** Takes one retry; false where none is left. */
    public boolean tryTake(long nowNanos) {
        while (true) {
            var before = saved.get();
            long seen = requests.sum();
            double retries = Math.min(
                    MOST,
                    before.retries
                            + PER_REQUEST * Math.max(0, seen - before.requests)
                            + PER_SECOND * 1e-9 * Math.max(0, nowNanos - before.nanos));
            if (retries < 1) {
                refused.increment();
                return false;
            }
            if (saved.compareAndSet(before, new Saved(retries - 1, seen, nowNanos))) {
                return true;
            }
        }
    }

    /** Retries that there was no budget for. */
    public long refused() {
        return refused.sum();
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counter(
                "kvasir_retries_refused",
                "Requests not sent again because the pool's budget of retries was spent.",
                refused());
    }
}
