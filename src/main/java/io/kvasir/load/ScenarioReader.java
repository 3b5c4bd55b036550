package io.kvasir.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads scenario files: YAML, strictly. What is wrong is told in one line with file, key, value and what is allowed.
 */
final class ScenarioReader {
    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());
    private static final List<String> KEYS = List.of(
            "question",
            "trace",
            "requests",
            "minutes",
            "prompts",
            "pool",
            "policies",
            "rates",
            "seeds",
            "time-scale",
            "stream-interval",
            "refresh-metrics-interval",
            "drain-seconds",
            "warm-up",
            "capacity");
    private static final List<String> CAPACITY_KEYS = List.of("policy", "concurrency", "requests");

    private final Path file;
    private final ObjectNode root;

    private ScenarioReader(Path file, ObjectNode root) {
        this.file = file;
        this.root = root;
    }

    /**
     * Reads a scenario.
     *
     * @param overrides members that replace the file's
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException naming file, key, value and what is allowed
     */
    static Scenario read(Path file, ObjectNode overrides) throws IOException {
        JsonNode root;
        try {
            root = YAML.readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    file + (e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr()) + ": "
                            + e.getOriginalMessage().lines().findFirst().orElse("not YAML"),
                    e);
        }
        if (!(root instanceof ObjectNode object)) {
            throw new IllegalArgumentException(file + ": must be a mapping with keys " + String.join(", ", KEYS));
        }
        // a slice given on the command line replaces the file's, whichever its unit
        if (overrides.has("requests") || overrides.has("minutes")) {
            object.remove(List.of("requests", "minutes"));
        }
        object.setAll(overrides);
        return new ScenarioReader(file, object).scenario();
    }

    private Scenario scenario() {
        known(root, "", KEYS);
        if (root.has("requests") && root.has("minutes")) {
            throw error("requests", root.path("requests"), "either requests or minutes");
        }
        var capacity = root.path("capacity");
        known(capacity, "capacity.", CAPACITY_KEYS);
        var prompts = text("prompts", "shared");
        if (!prompts.equals("shared") && !prompts.equals("unique")) {
            throw error("prompts", root.path("prompts"), "shared, unique");
        }
        var name = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
        return new Scenario(
                name,
                text("question", ""),
                file.toAbsolutePath().resolveSibling(required("trace")).normalize(),
                (int) number(root, "requests", 0, 1, 10_000_000),
                number(root, "minutes", 0, 0.1, 100_000),
                prompts.equals("unique"),
                required("pool"),
                list("policies", s -> s),
                list("rates", Rate::parse),
                list("seeds", Long::valueOf),
                number(root, "time-scale", 1, 0.1, 10),
                (int) number(root, "stream-interval", 1, 1, 1024),
                text("refresh-metrics-interval", ""),
                number(root, "drain-seconds", 120, 1, 86_400),
                (int) number(root, "warm-up", 100, 0, 10_000),
                new Scenario.CapacityPlan(
                        capacity.path("policy").asText("least-load"),
                        (int) number(capacity, "concurrency", 256, 1, 20_000),
                        (int) number(capacity, "requests", 2_000, 10, 10_000_000)));
    }

    private void known(JsonNode node, String prefix, List<String> allowed) {
        if (!node.isMissingNode() && !node.isObject()) {
            throw new IllegalArgumentException(file + ": " + prefix.replace(".", "") + " must be a mapping with keys "
                    + String.join(", ", allowed));
        }
        node.fieldNames().forEachRemaining(key -> {
            if (!allowed.contains(key)) {
                throw new IllegalArgumentException(
                        file + ": unknown key " + prefix + key + "; allowed: " + String.join(", ", allowed));
            }
        });
    }

    private String required(String key) {
        var text = text(key, "");
        if (text.isEmpty()) {
            throw new IllegalArgumentException(file + ": " + key + " is missing");
        }
        return text;
    }

    private String text(String key, String absent) {
        var node = root.path(key);
        if (node.isMissingNode()) {
            return absent;
        }
        if (!node.isValueNode() || node.isNull()) {
            throw error(key, node, "a text");
        }
        return node.asText();
    }

    private double number(JsonNode in, String key, double absent, double least, double most) {
        var node = in.path(key);
        if (node.isMissingNode()) {
            return absent;
        }
        if (!node.isNumber() || node.asDouble() < least || node.asDouble() > most) {
            throw error(key, node, "a number from " + plain(least) + " to " + plain(most));
        }
        return node.asDouble();
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    private <T> List<T> list(String key, Function<String, T> read) {
        var node = root.path(key);
        var values = new ArrayList<T>();
        if (!node.isArray() || node.isEmpty()) {
            throw error(key, node, "a list of at least one");
        }
        for (var item : node) {
            try {
                values.add(read.apply(item.asText()));
            } catch (NumberFormatException e) {
                throw error(key, item, "integers");
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
            }
        }
        return List.copyOf(values);
    }

    private IllegalArgumentException error(String key, JsonNode value, String allowed) {
        return new IllegalArgumentException(file + ": " + key + ": "
                + (value.isMissingNode() ? "missing" : "'" + value.toString().replace("\"", "") + "'")
                + "; allowed: " + allowed);
    }
}
