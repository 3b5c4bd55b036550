package io.kvasir.scrape;

import io.kvasir.pool.EngineKind;
import io.kvasir.pool.ShippedTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@code engine-metrics.txt}, whose head says its format, into one {@link EngineMetrics} per engine. */
final class EngineMetricsFile {
    private static final String NAME = "engine-metrics.txt";
    /** Of a family that an operator gives a name; not in the file. */
    private static final String ATTRIBUTE = "attribute";
    /** A condition as the file has it. */
    static final String CONDITION = "[A-Za-z_][A-Za-z0-9_]*\\??=[A-Za-z0-9_./:-]+";

    private static final Set<String> PATHS = Set.of("path", "health", "models", "version", "events");

    private static final Pattern SOURCE = Pattern.compile(
            "([A-Za-z_:][A-Za-z0-9_:]*)(?:\\[([a-z_]+)])?(?:\\{(" + CONDITION + "(?:," + CONDITION + ")*)})?");

    private final Map<String, String> paths = new HashMap<>();
    private final List<String> families = new ArrayList<>();
    private final List<Quantity> slots = new ArrayList<>();
    private final List<EngineMetrics.Source> sources = new ArrayList<>();
    private final Map<Integer, String> attributes = new HashMap<>();

    private EngineMetricsFile() {}

    /** The file on the class path, with an operator's families before its own. */
    static Map<EngineKind, EngineMetrics> load(MetricSources sources) {
        return parse(sources.over(ShippedTable.lines(NAME).stream()));
    }

    /** The same, with those for some kinds of engines before those for all. */
    static Map<EngineKind, EngineMetrics> load(EngineAccess access) {
        var lines = access.sources().over(ShippedTable.lines(NAME).stream());
        for (var entry : access.families().entrySet()) {
            var engine = entry.getKey();
            var attributes = entry.getValue().attributes().entrySet().stream()
                    .map(one -> engine.label() + " " + ATTRIBUTE + " " + one.getValue() + " " + one.getKey());
            lines = Stream.concat(attributes, entry.getValue().sources().over(lines, List.of(engine)));
        }
        return parse(lines);
    }

    /**
     * Reads the file's lines.
     *
     * @throws IllegalStateException naming the line that is not right
     */
    static Map<EngineKind, EngineMetrics> parse(Stream<String> lines) {
        var files = new EnumMap<EngineKind, EngineMetricsFile>(EngineKind.class);
        int number = 0;
        for (String line : lines.map(String::strip).toList()) {
            number++;
            if (ShippedTable.says(line)) {
                String[] f = line.split("\\s+", 3);
                var engine = EngineKind.parse(f[0]);
                if (f.length < 3
                        || engine.isEmpty()
                        || !files.computeIfAbsent(engine.get(), _ -> new EngineMetricsFile())
                                .add(f[1], f[2])) {
                    throw new IllegalStateException(
                            NAME + ":" + number + ": \"" + line + "\"; allowed: engine, quantity, source");
                }
            }
        }
        var engines = new EnumMap<EngineKind, EngineMetrics>(EngineKind.class);
        files.forEach((engine, file) -> engines.put(
                engine, new EngineMetrics(file.paths, file.families, file.slots, file.sources, file.attributes)));
        return engines;
    }

    private boolean add(String what, String value) {
        if (PATHS.contains(what)) {
            return value.startsWith("/") && paths.put(what, value) == null;
        }
        if (what.equals(ATTRIBUTE)) {
            String[] familyAndKey = value.split("\\s+", 2);
            attributes.put(slots.size(), familyAndKey.length < 2 ? "" : familyAndKey[1]);
            return familyAndKey.length == 2 && addSource(Quantity.ATTRIBUTE, familyAndKey[0]);
        }
        var quantity = Quantity.parse(what);
        if (quantity.isEmpty()) {
            return false;
        }
        return addSource(quantity.get(), value);
    }

    private boolean addSource(Quantity quantity, String value) {
        boolean first = true;
        for (String term : value.split("\\s*\\+\\s*", -1)) {
            Matcher source = SOURCE.matcher(term);
            if (!source.matches() || quantity.text() && source.group(2) == null) {
                return false;
            }
            byte[] label = source.group(2) == null ? null : bytes(source.group(2));
            sources.add(new EngineMetrics.Source(
                    slots.size(), first, family(source.group(1)), label, conditions(source.group(3))));
            first = false;
        }
        slots.add(quantity);
        return true;
    }

    private int family(String name) {
        if (!families.contains(name)) {
            families.add(name);
        }
        return families.indexOf(name);
    }

    private static List<EngineMetrics.Condition> conditions(@Nullable String text) {
        var conditions = new ArrayList<EngineMetrics.Condition>();
        if (text != null) {
            for (String condition : text.split(",", -1)) {
                int at = condition.indexOf('=');
                boolean orAbsent = condition.charAt(at - 1) == '?';
                String label = condition.substring(0, orAbsent ? at - 1 : at);
                conditions.add(new EngineMetrics.Condition(bytes(label), bytes(condition.substring(at + 1)), orAbsent));
            }
        }
        return conditions;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
