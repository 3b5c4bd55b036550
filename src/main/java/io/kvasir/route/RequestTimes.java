package io.kvasir.route;

import io.kvasir.metric.LatencyBuckets;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Times of requests by model, as {@link NamedModels} tells models apart, and by hardware class. */
public final class RequestTimes implements Metered {
    /** What the histograms are told apart by. */
    public record Key(String model, String hardwareClass) {
        // spelled out, as what stands for it in a record is put together by the first request that needs it
        @Override
        public boolean equals(@Nullable Object that) {
            return that instanceof Key other && model.equals(other.model) && hardwareClass.equals(other.hardwareClass);
        }

        @Override
        public int hashCode() {
            return 31 * model.hashCode() + hardwareClass.hashCode();
        }
    }

    /** The histograms of one model on one hardware class. */
    public record Times(
            LatencyBuckets firstToken, LatencyBuckets betweenTokens, LatencyBuckets whole, Predicted predicted) {
        Times() {
            this(LatencyBuckets.ofAnswers(), LatencyBuckets.ofTokens(), LatencyBuckets.ofAnswers(), new Predicted());
        }
    }

    /** The same times over what they were predicted to be; of the first token and of each token only where answers stream. */
    public record Predicted(RatioBuckets firstToken, RatioBuckets perToken, RatioBuckets whole) {
        Predicted() {
            this(new RatioBuckets(), new RatioBuckets(), new RatioBuckets());
        }
    }

    private final NamedModels<Map<String, Times>> byModel = new NamedModels<>(ConcurrentHashMap::new);

    /**
     * The histograms of a request.
     *
     * @param served whether the endpoint is known to serve that model
     * @param answered whether the engine answered to it without an error
     */
    Times of(String model, String hardwareClass, boolean served, boolean answered) {
        var classes = byModel.of(model, served, answered);
        var times = classes.get(hardwareClass);
        return times != null ? times : classes.computeIfAbsent(hardwareClass, _ -> new Times());
    }

    /** Visits all histograms. */
    public void forEach(BiConsumer<Key, Times> visitor) {
        byModel.forEach((model, classes) ->
                classes.forEach((hardware, times) -> visitor.accept(new Key(model, hardware), times)));
    }

    @Override
    public void describe(MetricSink sink) {
        forEach((key, times) -> {
            String[] labels = {"model", key.model(), "hardware", key.hardwareClass()};
            sink.histogram("kvasir_ttft_seconds", "Time to first token.", times.firstToken(), labels);
            sink.histogram("kvasir_itl_seconds", "Time between tokens.", times.betweenTokens(), labels);
            sink.histogram("kvasir_request_seconds", "Time of completed requests.", times.whole(), labels);
            predicted(sink, key, "first-token", times.predicted().firstToken());
            predicted(sink, key, "per-token", times.predicted().perToken());
            predicted(sink, key, "whole", times.predicted().whole());
        });
    }

    private static void predicted(MetricSink sink, Key key, String of, RatioBuckets ratios) {
        sink.histogram(
                "kvasir_predicted_time_ratio",
                "Times of requests over what was predicted when they were placed.",
                ratios,
                "model",
                key.model(),
                "hardware",
                key.hardwareClass(),
                "of",
                of);
    }
}
