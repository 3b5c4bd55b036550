package io.kvasir.route;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** Times of requests by model, as {@link NamedModels} tells models apart, and by hardware class. */
public final class RequestTimes {
    /** What the histograms are told apart by. */
    public record Key(String model, String hardwareClass) {}

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
}
