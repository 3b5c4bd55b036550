package io.kvasir.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which families of one kind of engine's page are read, as {@code core-metrics-extractor} has it; null for those that ship.
 *
 * @param engine its name in labels
 * @param waiting sequences that wait
 * @param running sequences that run
 * @param kvUsage share of the KV cache in use
 * @param adapters with labels for LoRA adapters
 * @param cache with labels for size and number of KV blocks
 * @param attributes further families, by the name under which plug-ins know them
 */
public record EngineFamilies(
        String engine,
        @Nullable String waiting,
        @Nullable String running,
        @Nullable String kvUsage,
        @Nullable String adapters,
        @Nullable String cache,
        Map<String, String> attributes) {

    /** Keys of other pickers; the last four split what {@code cacheInfoSpec} says. */
    static final List<String> KEYS = List.of(
            "name",
            "queuedRequestsSpec",
            "runningRequestsSpec",
            "kvUsageSpec",
            "loraSpec",
            "cacheInfoSpec",
            "customMetrics",
            "cacheBlockSizeLabelName",
            "cacheNumBlocksLabelName",
            "cacheBlockSizeSpec",
            "cacheNumBlocksSpec");

    static @Nullable List<Map<String, Object>> maps(Object given) {
        if (!(given instanceof List<?> list)) {
            return null;
        }
        var all = new ArrayList<Map<String, Object>>();
        for (Object item : list) {
            if (!(item instanceof Map<?, ?> map) || !(map.get("name") instanceof String)) {
                return null;
            }
            var entry = new LinkedHashMap<String, Object>();
            map.forEach((key, value) -> entry.put(String.valueOf(key), value));
            all.add(entry);
        }
        return all;
    }

    /** What one entry says; null where it has a key that is not known, or a value of the wrong kind. */
    static @Nullable EngineFamilies of(Map<String, Object> map) {
        if (!KEYS.containsAll(map.keySet())) {
            return null;
        }
        var attributes = new LinkedHashMap<String, String>();
        if (map.get("customMetrics") instanceof List<?> list) {
            for (Object item : list) {
                if (!(item instanceof Map<?, ?> custom)
                        || !(custom.get("attributeKey") instanceof String key)
                        || !(custom.get("metricSpec") instanceof String spec)) {
                    return null;
                }
                attributes.put(key, spec);
            }
        }
        return new EngineFamilies(
                String.valueOf(map.get("name")),
                spec(map, "queuedRequestsSpec"),
                spec(map, "runningRequestsSpec"),
                spec(map, "kvUsageSpec"),
                spec(map, "loraSpec"),
                spec(map, "cacheInfoSpec"),
                attributes);
    }

    private static @Nullable String spec(Map<String, Object> map, String key) {
        // some charts quote the texts of labels, some do not
        return map.get(key) instanceof String text ? text.replace("\"", "") : null;
    }
}
