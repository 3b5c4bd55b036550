package io.kvasir.route;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** Times of requests by model and hardware class. Models beyond the first {@link #MODELS} are counted as {@code other}. */
public final class RequestTimes {
    /** Model names told apart. */
    public static final int MODELS = 64;

    private static final String OTHER = "other";

    /** What the histograms are told apart by. */
    public record Key(String model, String hardwareClass) {}

    /** The histograms of one model on one hardware class. */
    public record Times(LatencyBuckets firstToken, LatencyBuckets betweenTokens, LatencyBuckets whole) {
        Times() {
            this(LatencyBuckets.ofAnswers(), LatencyBuckets.ofTokens(), LatencyBuckets.ofAnswers());
        }
    }

    private final Map<String, Map<String, Times>> byModel = new ConcurrentHashMap<>();

    Times of(String model, String hardwareClass) {
        var classes = byModel.get(model);
        if (classes == null) {
            String name = byModel.size() < MODELS ? model : OTHER;
            classes = byModel.computeIfAbsent(name, _ -> new ConcurrentHashMap<>());
        }
        var times = classes.get(hardwareClass);
        return times != null ? times : classes.computeIfAbsent(hardwareClass, _ -> new Times());
    }

    /** Visits all histograms. */
    public void forEach(BiConsumer<Key, Times> visitor) {
        byModel.forEach((model, classes) ->
                classes.forEach((hardware, times) -> visitor.accept(new Key(model, hardware), times)));
    }
}
