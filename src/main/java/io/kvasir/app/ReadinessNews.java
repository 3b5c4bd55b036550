package io.kvasir.app;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is new about readiness since it was last asked for: probes ask every few seconds, and changes are rare. */
final class ReadinessNews {
    private final AtomicReference<@Nullable String> last = new AtomicReference<>();

    /**
     * A line where the conditions that do not hold are others than the last time; null where they are the same, and before
     * there are any.
     *
     * @param conditions each with whether it holds
     */
    @Nullable
    String of(Map<String, Boolean> conditions) {
        if (conditions.isEmpty()) {
            return null;
        }
        String missing = conditions.entrySet().stream()
                .filter(condition -> !condition.getValue())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
        if (missing.equals(last.getAndSet(missing))) {
            return null;
        }
        return missing.isEmpty() ? "ready for requests" : "not ready for requests: " + missing;
    }
}
