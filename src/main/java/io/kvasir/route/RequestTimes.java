package io.kvasir.route;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * Times of requests by model and hardware class. Names of models come from clients: those that an endpoint is known to
 * serve are told apart, and of others the first {@link #GUESTS} that an engine answered to; the rest are {@code other}.
 */
public final class RequestTimes {
    /** Names told apart that nobody but an engine's answer vouches for. */
    public static final int GUESTS = 64;

    /** Names told apart in all: far more than a pool serves. */
    static final int MOST = 1024;

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
    private final AtomicInteger guests = new AtomicInteger();

    /**
     * The histograms of a request.
     *
     * @param served whether the endpoint is known to serve that model
     * @param answered whether the engine answered to it without an error
     */
    Times of(String model, String hardwareClass, boolean served, boolean answered) {
        var classes = byModel.get(model);
        if (classes == null) {
            boolean known = byModel.size() < MOST && (served || (answered && guest(model)));
            classes = byModel.computeIfAbsent(known ? model : OTHER, _ -> new ConcurrentHashMap<>());
        }
        var times = classes.get(hardwareClass);
        return times != null ? times : classes.computeIfAbsent(hardwareClass, _ -> new Times());
    }

    private boolean guest(String model) {
        return model.isEmpty() || guests.getAndUpdate(n -> Math.min(GUESTS, n + 1)) < GUESTS;
    }

    /** Visits all histograms. */
    public void forEach(BiConsumer<Key, Times> visitor) {
        byModel.forEach((model, classes) ->
                classes.forEach((hardware, times) -> visitor.accept(new Key(model, hardware), times)));
    }
}
