package io.kvasir.load;

import io.kvasir.config.ConfigNode;
import io.kvasir.config.ConfigNode.Entry;
import io.kvasir.config.ConfigNode.Kind;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigNode.Sequence;
import io.kvasir.config.ConfigReader;
import io.kvasir.config.Fields;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.UnknownKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Reads scenario files, strictly. What is wrong is told in one line with file, line, key, value and what is allowed.
 */
final class ScenarioReader {
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

    private static final List<String> LISTS = List.of("policies", "rates", "seeds");

    private final Path file;
    private final Fields fields;

    private ScenarioReader(Path file, Fields fields) {
        this.file = file;
        this.fields = fields;
    }

    /**
     * Reads a scenario.
     *
     * @param overrides what replaces the file's, by key; lists with commas
     * @throws IOException if the file cannot be read
     * @throws InvalidConfigException if it is not right
     */
    static Scenario read(Path file, Map<String, String> overrides) throws IOException, InvalidConfigException {
        var root = ConfigReader.parse(file.toString(), ConfigReader.bytes(file));
        if (!(root instanceof Mapping mapping)) {
            throw InvalidConfigException.at(
                    file.toString(), root.line(), "must be a mapping with keys " + String.join(", ", KEYS));
        }
        var fields = Fields.of(file.toString(), "", overridden(mapping, overrides));
        return new ScenarioReader(file, fields).scenario();
    }

    private static Mapping overridden(Mapping mapping, Map<String, String> overrides) {
        var entries = new LinkedHashMap<>(mapping.entries());
        // a slice given on the command line replaces the file's, whichever its unit
        if (overrides.containsKey("requests") || overrides.containsKey("minutes")) {
            entries.keySet().removeAll(List.of("requests", "minutes"));
        }
        overrides.forEach(
                (key, text) -> entries.put(key, new Entry(0, LISTS.contains(key) ? list(text) : scalar(text))));
        return new Mapping(mapping.line(), entries);
    }

    private static Sequence list(String text) {
        return new Sequence(
                0,
                Arrays.stream(text.split(",", -1))
                        .<ConfigNode>map(item -> scalar(item.strip()))
                        .toList());
    }

    private static Scalar scalar(String text) {
        return new Scalar(0, text, Kind.TEXT);
    }

    private Scenario scenario() throws InvalidConfigException {
        fields.known(KEYS, UnknownKeys.REFUSED);
        if (fields.value("requests") != null && fields.value("minutes") != null) {
            throw fields.problem("requests", "given together with minutes; allowed: either requests or minutes");
        }
        var name = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
        return new Scenario(
                name,
                text("question", ""),
                file.toAbsolutePath().resolveSibling(required("trace")).normalize(),
                (int) number(fields, "requests", 0, 1, 10_000_000),
                number(fields, "minutes", 0, 0.1, 100_000),
                unique(),
                required("pool"),
                list("policies", text -> text),
                list("rates", Rate::parse),
                list("seeds", ScenarioReader::seed),
                number(fields, "time-scale", 1, 0.1, 10),
                (int) number(fields, "stream-interval", 1, 1, 1024),
                text("refresh-metrics-interval", ""),
                number(fields, "drain-seconds", 120, 1, 86_400),
                (int) number(fields, "warm-up", 100, 0, 10_000),
                capacity());
    }

    private boolean unique() throws InvalidConfigException {
        String prompts = text("prompts", "shared");
        if (!prompts.equals("shared") && !prompts.equals("unique")) {
            throw fields.bad("prompts", prompts, "shared, unique");
        }
        return prompts.equals("unique");
    }

    private Scenario.CapacityPlan capacity() throws InvalidConfigException {
        var inner = fields.fields("capacity", "a mapping with keys " + String.join(", ", CAPACITY_KEYS));
        if (inner == null) {
            return new Scenario.CapacityPlan("least-load", 256, 2_000);
        }
        inner.known(CAPACITY_KEYS, UnknownKeys.REFUSED);
        String policy = inner.text("policy");
        return new Scenario.CapacityPlan(
                policy == null ? "least-load" : policy, (int) number(inner, "concurrency", 256, 1, 20_000), (int)
                        number(inner, "requests", 2_000, 10, 10_000_000));
    }

    private String required(String key) throws InvalidConfigException {
        return fields.required(key, "required: trace, pool, policies, rates, seeds", KEYS);
    }

    private String text(String key, String otherwise) throws InvalidConfigException {
        String text = fields.text(key);
        return text == null ? otherwise : text;
    }

    private static double number(Fields in, String key, double otherwise, double least, double most)
            throws InvalidConfigException {
        return in.number(key, otherwise, least, most, null);
    }

    private <T> List<T> list(String key, Function<String, T> parse) throws InvalidConfigException {
        var values = new ArrayList<T>();
        for (String text : fields.texts(key, "a list of at least one")) {
            try {
                values.add(parse.apply(text));
            } catch (IllegalArgumentException e) {
                throw fields.bad(key, text, String.valueOf(e.getMessage()));
            }
        }
        if (values.isEmpty()) {
            throw fields.missing(key, "allowed: a list of at least one", KEYS);
        }
        return List.copyOf(values);
    }

    private static Long seed(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("whole numbers", e);
        }
    }
}
