package io.kvasir.access;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counters of the management port's door. */
public final class AccessCounts implements Metered {
    private final AtomicLongArray verdicts = new AtomicLongArray(Verdict.values().length);
    private final LongAdder reviews = new LongAdder();
    private final LongAdder failures = new LongAdder();

    void count(Verdict verdict) {
        verdicts.getAndIncrement(verdict.ordinal());
    }

    void reviewed() {
        reviews.increment();
    }

    void failed() {
        failures.increment();
    }

    /** Requests that got that verdict. */
    public long of(Verdict verdict) {
        return verdicts.get(verdict.ordinal());
    }

    /** Tokens put before the API server; the rest were remembered. */
    public long reviews() {
        return reviews.sum();
    }

    /** Reviews that the API server did not give. */
    public long failures() {
        return failures.sum();
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_management_requests",
                "Requests to the management port but for health, by verdict.",
                "verdict",
                Verdict.values(),
                Verdict::code,
                this::of);
        sink.counter("kvasir_access_reviews", "Tokens put before the API server.", reviews());
        sink.counter("kvasir_access_review_failures", "Reviews that the API server did not give.", failures());
    }
}
