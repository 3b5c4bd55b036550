package io.kvasir.scrape;

import io.kvasir.pool.EngineKind;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** How one kind of engine is read: its paths, and which families of its page give which {@link Quantity}. */
final class EngineMetrics {
    /** A condition on a label's text. */
    record Condition(byte[] label, byte[] text, boolean orAbsent) {}

    /**
     * One place on the page.
     *
     * @param slot where its samples are put together; one for each line of the file
     * @param first whether the slot counts only if this was on the page
     * @param family index in {@link #families}
     * @param valueLabel the label to take instead of the value, or null
     */
    record Source(int slot, boolean first, int family, byte @Nullable [] valueLabel, List<Condition> conditions) {}

    private static final Map<EngineKind, EngineMetrics> SHIPPED = EngineMetricsFile.load(MetricSources.SHIPPED);

    private final String path;
    private final String healthPath;
    private final String modelsPath;
    private final @Nullable String versionPath;
    private final @Nullable String eventsPath;
    private final FamilySet families;
    private final Source[][] byFamily;
    private final Quantity[] quantityOfSlot;
    private final int[][] slotsOf;
    private final Map<Integer, String> attributeOfSlot;

    EngineMetrics(
            Map<String, String> paths,
            List<String> families,
            List<Quantity> slots,
            List<Source> sources,
            Map<Integer, String> attributes) {
        attributeOfSlot = Map.copyOf(attributes);
        path = paths.getOrDefault("path", "/metrics");
        healthPath = paths.getOrDefault("health", "/health");
        modelsPath = paths.getOrDefault("models", "/v1/models");
        versionPath = paths.get("version");
        eventsPath = paths.get("events");
        this.families = new FamilySet(families);
        byFamily = IntStream.range(0, families.size())
                .mapToObj(family ->
                        sources.stream().filter(s -> s.family == family).toArray(Source[]::new))
                .toArray(Source[][]::new);
        quantityOfSlot = slots.toArray(Quantity[]::new);
        slotsOf = Arrays.stream(Quantity.values())
                .map(quantity -> IntStream.range(0, slots.size())
                        .filter(slot -> slots.get(slot) == quantity)
                        .toArray())
                .toArray(int[][]::new);
    }

    /** The mapping that ships with the program. */
    static EngineMetrics of(EngineKind engine) {
        return of(engine, SHIPPED);
    }

    /** The mapping of one engine out of those of all. */
    static EngineMetrics of(EngineKind engine, Map<EngineKind, EngineMetrics> mappings) {
        var metrics = mappings.get(engine);
        if (metrics == null) {
            throw new IllegalStateException("engine-metrics.txt: nothing for " + engine.label());
        }
        return metrics;
    }

    /** The mappings of all engines with an operator's families before those that ship. */
    static Map<EngineKind, EngineMetrics> all(EngineAccess access) {
        return access.sources().equals(MetricSources.SHIPPED)
                        && access.families().isEmpty()
                ? SHIPPED
                : EngineMetricsFile.load(access);
    }

    /** The attribute that a slot of {@link Quantity#ATTRIBUTE} gives. */
    String attributeOf(int slot) {
        return attributeOfSlot.getOrDefault(slot, "");
    }

    /** Path of the metrics page. */
    String path() {
        return path;
    }

    /** Path of the health probe. */
    String healthPath() {
        return healthPath;
    }

    /** Path of the list of models. */
    String modelsPath() {
        return modelsPath;
    }

    /** Path of what tells the engine's version, as a JSON object's member {@code version}; null where nothing does. */
    @Nullable
    String versionPath() {
        return versionPath;
    }

    /** Path of what tells where KV events are published; null where nothing does. */
    @Nullable
    String eventsPath() {
        return eventsPath;
    }

    FamilySet families() {
        return families;
    }

    /** What wants samples of that family. */
    Source[] sourcesOf(int family) {
        return byFamily[family];
    }

    /** Slots that give that quantity, the preferred first. */
    int[] slotsOf(Quantity quantity) {
        return slotsOf[quantity.ordinal()];
    }

    Quantity quantityOf(int slot) {
        return quantityOfSlot[slot];
    }

    int slots() {
        return quantityOfSlot.length;
    }
}
