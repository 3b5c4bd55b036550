package io.kvasir.config;

import io.kvasir.config.ConfigNode.Absent;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigNode.Sequence;
import io.kvasir.failure.NearMiss;
import io.kvasir.failure.ShownText;
import io.kvasir.schedule.Plugin;
import io.kvasir.schedule.PluginContext;
import io.kvasir.schedule.PluginException;
import io.kvasir.schedule.PluginRegistry;
import io.kvasir.schedule.PluginType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The list {@code plugins} of a configuration: each made once, and found by its name. */
final class NamedPlugins {
    /** Longest number that is told apart from a text of digits. */
    private static final int DIGITS = 18;

    private static final List<String> KEYS = List.of("name", "type", "parameters");

    /**
     * One of the list.
     *
     * @param line where it begins
     * @param name unique
     * @param plugin null for a type that is not here and was let be
     * @param parameters as they are written
     */
    record Named(
            int line, String name, String type, @Nullable Plugin plugin, Map<String, Object> parameters) {}

    private final String source;
    private final PluginRegistry registry;
    private final PluginContext context;
    private final boolean refusing;
    private final List<String> notices;
    private final Map<String, Named> byName = new LinkedHashMap<>();

    /**
     * None yet.
     *
     * @param refusing whether a type that other pickers have, and that is not here, is refused
     * @param notices gets a line for what has no effect
     */
    NamedPlugins(
            String source, PluginRegistry registry, PluginContext context, boolean refusing, List<String> notices) {
        this.source = source;
        this.registry = registry;
        this.context = context;
        this.refusing = refusing;
        this.notices = notices;
    }

    /** Makes all of the list. */
    void read(List<ConfigNode> items) throws InvalidConfigException {
        for (int i = 0; i < items.size(); i++) {
            String at = "plugins[" + i + "]";
            if (!(items.get(i) instanceof Mapping mapping)) {
                throw InvalidConfigException.at(
                        source, items.get(i).line(), at + ": not a mapping; allowed: {name, type, parameters}");
            }
            read(Fields.of(source, at, mapping));
        }
    }

    private void read(Fields item) throws InvalidConfigException {
        item.known(KEYS, UnknownKeys.REFUSED);
        String type = item.required("type", "required: type", KEYS);
        String given = item.text("name");
        String name = given == null ? type : given;
        if (byName.containsKey(name)) {
            throw item.problem(given == null ? "type" : "name", "a second plug-in named " + ShownText.of(name));
        }
        int line = item.mapping().line();
        String advice = LackingTypes.advice(type);
        if (advice != null) {
            if (refusing) {
                throw item.problem("type", type + " is not here: " + advice);
            }
            notices.add(source + ":" + item.lineOf("type") + ": " + type + " is left out: " + advice);
            byName.put(name, new Named(line, name, type, null, Map.of()));
            return;
        }
        var parameters = item.fields("parameters", "a mapping");
        var flat = new LinkedHashMap<String, Object>();
        var lines = new HashMap<String, Integer>();
        try {
            var known = registry.type(type);
            if (parameters != null) {
                flatten("", parameters.mapping(), known, flat, lines);
            }
            var plugin = known.make(flat, context);
            tellIgnored(item, known, flat);
            byName.put(
                    name,
                    new Named(
                            line,
                            name,
                            known.name(),
                            plugin,
                            parameters == null ? Map.of() : map(parameters.mapping())));
        } catch (PluginException e) {
            String key = e.key();
            int at = key == null ? item.lineOf("type") : lines.getOrDefault(key, line);
            throw InvalidConfigException.at(source, at, String.valueOf(e.getMessage()));
        }
    }

    private void tellIgnored(Fields item, PluginType type, Map<String, Object> given) {
        var ignored = type.parameters().stream()
                .filter(parameter -> parameter.ignored() && given.containsKey(parameter.name()))
                .map(parameter -> parameter.name())
                .toList();
        if (!ignored.isEmpty()) {
            notices.add(source + ":" + item.lineOf("parameters") + ": " + type.name() + ": no effect here: "
                    + String.join(", ", ignored));
        }
    }

    /** Keys within keys become names with dots where the type has such; all else is a value as it stands. */
    private static void flatten(
            String prefix, Mapping mapping, PluginType type, Map<String, Object> flat, Map<String, Integer> lines) {
        mapping.entries().forEach((key, entry) -> {
            String path = prefix + key;
            lines.put(path, entry.line());
            boolean whole = type.parameters().stream().anyMatch(p -> p.name().equals(path));
            boolean parts = type.parameters().stream().anyMatch(p -> p.name().startsWith(path + "."));
            if (!whole && parts && entry.value() instanceof Mapping inner) {
                flatten(path + ".", inner, type, flat, lines);
            } else if (!(entry.value() instanceof Absent)) {
                flat.put(path, value(entry.value()));
            }
        });
    }

    /** As plug-ins take it. */
    static Object value(ConfigNode node) {
        return switch (node) {
            case Scalar scalar -> scalar(scalar);
            case Absent _ -> "";
            case Sequence sequence -> list(sequence);
            case Mapping mapping -> map(mapping);
        };
    }

    private static Object scalar(Scalar scalar) {
        String text = scalar.text();
        return switch (scalar.kind()) {
            case TEXT -> text;
            case BOOLEAN -> Boolean.parseBoolean(text);
            case NUMBER -> number(text);
        };
    }

    private static Object number(String written) {
        String text = Fields.digits(written);
        try {
            // an "if", since "?:" would make a double of both
            if (text.length() <= DIGITS) {
                return Long.valueOf(text);
            }
            return Double.valueOf(text);
        } catch (NumberFormatException _) {
            try {
                return Double.valueOf(text);
            } catch (NumberFormatException _) {
                return written;
            }
        }
    }

    private static List<Object> list(Sequence sequence) {
        var values = new ArrayList<Object>();
        sequence.items().forEach(item -> values.add(value(item)));
        return values;
    }

    static Map<String, Object> map(Mapping mapping) {
        var values = new LinkedHashMap<String, Object>();
        mapping.entries().forEach((key, entry) -> values.put(key, value(entry.value())));
        return values;
    }

    /** All, in the document's order. */
    Collection<Named> all() {
        return byName.values();
    }

    /** Those of one kind, in the document's order. */
    <T> List<T> of(Class<T> kind) {
        return all().stream()
                .map(Named::plugin)
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    /** The one that a key names. */
    Named referred(Fields by, String key) throws InvalidConfigException {
        String name = by.required(key, "required: " + key, List.of(key));
        return find(name, by, key);
    }

    /** The one of that name. */
    Named find(String name, Fields by, String key) throws InvalidConfigException {
        var named = byName.get(name);
        if (named == null) {
            String near = NearMiss.of(name, byName.keySet());
            throw by.problem(
                    key,
                    "no plug-in is named " + ShownText.of(name) + (near == null ? "" : ", did you mean " + near + "?")
                            + "; allowed: "
                            + (byName.isEmpty() ? "none, as plugins has none" : String.join(", ", byName.keySet())));
        }
        return named;
    }

    /** Adds one that the document does not have. */
    Named add(String type) {
        var named = new Named(0, type, type, registry.type(type).make(Map.of(), context), Map.of());
        byName.put(type, named);
        return named;
    }
}
