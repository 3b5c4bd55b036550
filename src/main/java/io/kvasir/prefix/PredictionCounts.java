package io.kvasir.prefix;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLongArray;

/** How predictions did beside what engines reported. From any thread. */
final class PredictionCounts implements Metered {
    private final AtomicLongArray outcomes = new AtomicLongArray(Prediction.values().length);

    void add(Prediction outcome) {
        outcomes.incrementAndGet(outcome.ordinal());
    }

    long of(Prediction outcome) {
        return outcomes.get(outcome.ordinal());
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_prefix_predictions",
                "Predictions of the precise view beside what engines reported, by how they compare.",
                "outcome",
                Prediction.values(),
                Prediction::code,
                this::of);
    }
}
