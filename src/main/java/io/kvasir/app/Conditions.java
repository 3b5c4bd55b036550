package io.kvasir.app;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** What must hold before requests are sent here, by name: asked by both health services and shown with the metrics. */
final class Conditions implements Metered {
    private record Condition(String name, BooleanSupplier holds) {}

    private final CopyOnWriteArrayList<Condition> all = new CopyOnWriteArrayList<>();

    /** One more that must hold; asked on any thread, must not block. */
    void require(String name, BooleanSupplier holds) {
        all.add(new Condition(name, holds));
    }

    /** Whether all hold. */
    boolean hold() {
        return all.stream().allMatch(condition -> condition.holds.getAsBoolean());
    }

    /** Whether all but that one hold. */
    boolean holdBut(String name) {
        return all.stream()
                .filter(condition -> !condition.name.equals(name))
                .allMatch(condition -> condition.holds.getAsBoolean());
    }

    /** Each with whether it holds, in the order in which they were required. */
    Map<String, Boolean> states() {
        var states = new LinkedHashMap<String, Boolean>();
        all.forEach(condition -> states.put(condition.name, condition.holds.getAsBoolean()));
        return states;
    }

    @Override
    public void describe(MetricSink sink) {
        states().forEach((name, holds) -> sink.gauge(
                "kvasir_ready", "1 where a condition of readiness holds.", holds ? 1 : 0, "condition", name));
    }
}
