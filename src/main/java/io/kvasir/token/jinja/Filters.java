package io.kvasir.token.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What {@code |} can apply. */
final class Filters {
    interface Filter {
        Object apply(Run run, Object value, Arguments given);
    }

    private static final Set<String> JSON = Set.of("indent", "separators", "ensure_ascii", "sort_keys");
    /** What takes the arguments of others. */
    private static final Set<String> OPEN = Set.of("map", "select", "reject", "selectattr", "rejectattr");

    private static final int MOST_INDENT = 64;

    private Filters() {}

    /** The arguments of filters that have some, in their order; what is not among them would be passed over. */
    private static List<String> arguments(String name) {
        return switch (name) {
            case "tojson" -> List.of();
            case "trim" -> List.of("chars");
            case "default", "d" -> List.of("default_value", "boolean");
            case "replace" -> List.of("old", "new", "count");
            case "indent" -> List.of("width", "first", "blank");
            case "int", "float" -> List.of("default");
            case "join" -> List.of("d", "attribute");
            case "sort" -> List.of("reverse", "case_sensitive", "attribute");
            default -> List.of();
        };
    }

    private static void checkGiven(String name, Arguments given) {
        var known = arguments(name);
        var named = name.equals("tojson") ? JSON : new HashSet<>(known);
        if (given.count() > known.size() || !named.containsAll(given.named().keySet())) {
            throw new TemplateException("filter " + name + " does not know what it is given here");
        }
    }

    /** A filter; null where there is none of that name. */
    static @Nullable Filter of(String name) {
        var filter = found(name);
        if (filter == null || OPEN.contains(name)) {
            return filter;
        }
        return (run, value, given) -> {
            checkGiven(name, given);
            return filter.apply(run, value, given);
        };
    }

    private static @Nullable Filter found(String name) {
        return switch (name) {
            case "tojson" -> (run, value, given) -> json(run, value, given);
            case "trim" -> (_, value, given) -> StringMethods.strip(Python.text(value), given, true, true);
            case "length", "count" -> (_, value, _) -> Python.length(value);
            case "default", "d" ->
                (_, value, given) -> isMissing(value, given) ? given.get(0, "default_value", "") : value;
            case "string" -> (_, value, _) -> Python.text(value);
            case "safe", "escape", "e", "forceescape" -> escape(name);
            case "upper" -> (_, value, _) -> Python.text(value).toUpperCase(Locale.ROOT);
            case "lower" -> (_, value, _) -> Python.text(value).toLowerCase(Locale.ROOT);
            case "capitalize" -> (_, value, _) -> StringMethods.capitalized(Python.text(value));
            case "title" -> (_, value, _) -> StringMethods.title(Python.text(value));
            case "replace" -> (_, value, given) -> StringMethods.replaced(Python.text(value), given);
            case "indent" -> (_, value, given) -> indented(Python.text(value), given);
            case "int" -> (_, value, given) -> integer(value, given.get(0, "default", 0L));
            case "float" -> (_, value, given) -> real(value, given.get(0, "default", 0.0));
            case "abs" ->
                (_, value, _) ->
                        value instanceof Double d ? (Object) Math.abs(d) : Math.abs((long) Python.index(value));
            case "list" -> (_, value, _) -> new ArrayList<Object>(Python.items(value));
            case "first" -> (_, value, _) -> edge(Python.items(value), true);
            case "last" -> (_, value, _) -> edge(Python.items(value), false);
            case "reverse" -> (_, value, _) -> reversed(value);
            case "join" ->
                (_, value, given) -> Python.items(attributed(value, given.find(1, "attribute"))).stream()
                        .map(Python::text)
                        .collect(Collectors.joining(Python.text(given.get(0, "d", ""))));
            case "items" ->
                (run, value, _) -> value == Nothing.UNDEFINED
                        ? List.of()
                        : ((Callable) Attributes.attribute(value, "items")).call(run, Arguments.NONE);
            case "dictsort" -> (_, value, _) -> dictsort(value);
            case "unique" ->
                (_, value, _) -> {
                    var seen = new HashSet<Object>();
                    return Python.items(value).stream()
                            .filter(each -> seen.add(folded(each)))
                            .toList();
                };
            case "sort" -> (_, value, given) -> sorted(value, given);
            case "min", "max" -> extreme(name.equals("min"));
            case "sum" ->
                (_, value, _) -> {
                    Object sum = 0L;
                    for (Object each : Python.items(value)) {
                        sum = Arithmetic.apply("+", sum, each);
                    }
                    return sum;
                };
            case "map" -> Filters::mapped;
            case "select" -> (_, value, given) -> chosen(value, given, false, true);
            case "reject" -> (_, value, given) -> chosen(value, given, false, false);
            case "selectattr" -> (_, value, given) -> chosen(value, given, true, true);
            case "rejectattr" -> (_, value, given) -> chosen(value, given, true, false);
            default -> null;
        };
    }

    private static String spaces(Object width) {
        int count = Python.index(width);
        if (count > MOST_INDENT) {
            throw new TemplateException("an indent of " + count);
        }
        return " ".repeat(Math.max(0, count));
    }

    private static Object json(Run run, Object value, Arguments given) {
        var indent = given.get(0, "indent", Nothing.NONE);
        String step = indent instanceof String s ? s : indent == Nothing.NONE ? "" : spaces(indent);
        String comma = step.isEmpty() ? ", " : ",";
        String colon = ": ";
        if (given.named().get("separators") instanceof List<?> two && two.size() == 2) {
            comma = Python.text(two.get(0));
            colon = Python.text(two.get(1));
        }
        if (Python.isTrue(given.get(Integer.MAX_VALUE, "ensure_ascii", false))) {
            throw new TemplateException("tojson with ensure_ascii is not known");
        }
        return PythonJson.of(
                value, run.most(), step, comma, colon, Python.isTrue(given.get(Integer.MAX_VALUE, "sort_keys", false)));
    }

    private static boolean isMissing(Object value, Arguments given) {
        return value == Nothing.UNDEFINED || Python.isTrue(given.get(1, "boolean", false)) && !Python.isTrue(value);
    }

    private static Filter escape(String name) {
        if (name.equals("safe")) {
            return (_, value, _) -> Python.text(value);
        }
        return (_, value, _) -> Python.text(value)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private static String indented(String s, Arguments given) {
        var width = given.get(0, "width", 4L);
        String by = width instanceof String text ? text : spaces(width);
        boolean first = Python.isTrue(given.get(1, "first", false));
        boolean blank = Python.isTrue(given.get(2, "blank", false));
        var lines = s.split("\n", -1);
        var out = new StringBuilder();
        for (int i = 0; i < lines.length; i++) {
            out.append(i == 0 ? "" : "\n");
            out.append((i > 0 || first) && (blank || !lines[i].isEmpty()) ? by : "")
                    .append(lines[i]);
        }
        return out.toString();
    }

    private static Object integer(Object value, Object otherwise) {
        try {
            return switch (value) {
                case String s -> Long.parseLong(s.strip());
                case Double d -> (long) (double) d;
                case Boolean b -> b ? 1L : 0L;
                case Number n -> n;
                default -> otherwise;
            };
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static Object real(Object value, Object otherwise) {
        try {
            return switch (value) {
                case String s -> Double.parseDouble(s.strip());
                case Boolean b -> b ? 1.0 : 0.0;
                case Number n -> n.doubleValue();
                default -> otherwise;
            };
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static Object edge(List<?> items, boolean first) {
        return items.isEmpty() ? Nothing.UNDEFINED : first ? items.getFirst() : items.getLast();
    }

    private static Object reversed(Object value) {
        if (value instanceof String s) {
            return new StringBuilder(s).reverse().toString();
        }
        var items = new ArrayList<Object>(Python.items(value));
        Collections.reverse(items);
        return items;
    }

    private static Object dictsort(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new TemplateException("dictsort sorts a dict");
        }
        return map.entrySet().stream()
                .sorted((a, b) -> Python.compare(folded(a.getKey()), folded(b.getKey())))
                .map(entry -> (Object) List.of(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static Object folded(Object value) {
        return value instanceof String s ? s.toLowerCase(Locale.ROOT) : value;
    }

    private static Object sorted(Object value, Arguments given) {
        var attribute = given.find(2, "attribute");
        boolean cased = Python.isTrue(given.get(1, "case_sensitive", false));
        Comparator<Object> order = (a, b) -> {
            var one = attribute == null ? a : path(a, attribute);
            var other = attribute == null ? b : path(b, attribute);
            return Python.compare(cased ? one : folded(one), cased ? other : folded(other));
        };
        var items = new ArrayList<Object>(Python.items(value));
        items.sort(Python.isTrue(given.get(0, "reverse", false)) ? order.reversed() : order);
        return items;
    }

    private static Filter extreme(boolean least) {
        return (_, value, _) -> {
            Comparator<Object> order = (a, b) -> Python.compare(folded(a), folded(b));
            return Python.items(value).stream()
                    .map(each -> (Object) each)
                    .reduce((a, b) -> (order.compare(b, a) < 0) == least && order.compare(a, b) != 0 ? b : a)
                    .orElse(Nothing.UNDEFINED);
        };
    }

    private static Object attributed(Object value, @Nullable Object attribute) {
        return attribute == null || attribute == Nothing.NONE
                ? value
                : Python.items(value).stream()
                        .map(each -> path(each, attribute))
                        .toList();
    }

    /** {@code a.b.0} of a value. */
    private static Object path(Object value, Object attribute) {
        if (!(attribute instanceof String names)) {
            return Attributes.subscript(value, attribute);
        }
        Object at = value;
        for (String name : names.split("\\.", -1)) {
            boolean number = !name.isEmpty() && name.chars().allMatch(Character::isDigit);
            at = number ? Attributes.subscript(at, Long.parseLong(name)) : Attributes.subscript(at, name);
        }
        return at;
    }

    private static Object mapped(Run run, Object value, Arguments given) {
        var attribute = given.named().get("attribute");
        if (attribute != null) {
            var otherwise = given.named().getOrDefault("default", Nothing.UNDEFINED);
            return Python.items(value).stream()
                    .map(each -> path(each, attribute))
                    .map(each -> each == Nothing.UNDEFINED ? otherwise : each)
                    .toList();
        }
        var filter = of(given.text(0, "filter"));
        if (filter == null) {
            throw new TemplateException("there is no filter " + given.text(0, "filter"));
        }
        var rest = new Arguments(given.positional().subList(1, given.count()), given.named());
        return Python.items(value).stream()
                .map(each -> filter.apply(run, each, rest))
                .toList();
    }

    private static Object chosen(Object value, Arguments given, boolean byAttribute, boolean kept) {
        if (!given.named().isEmpty()) {
            throw new TemplateException("tests have no named arguments here");
        }
        int next = byAttribute ? 1 : 0;
        var attribute = byAttribute ? given.get(0, "attribute") : "";
        ValueTests.@Nullable Test test = (each, _) -> Python.isTrue(each);
        var rest = Arguments.NONE;
        if (given.count() > next) {
            String name = Python.text(given.positional().get(next));
            test = ValueTests.of(name);
            if (test == null) {
                throw new TemplateException("there is no test " + name);
            }
            rest = new Arguments(given.positional().subList(next + 1, given.count()), new LinkedHashMap<>());
        }
        var some = new ArrayList<Object>();
        for (Object each : Python.items(value)) {
            if (test.holds(byAttribute ? path(each, attribute) : each, rest) == kept) {
                some.add(each);
            }
        }
        return some;
    }
}
