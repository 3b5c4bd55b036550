package io.kvasir.token.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code is} can ask. */
final class ValueTests {
    interface Test {
        boolean holds(Object value, Arguments given);
    }

    private ValueTests() {}

    /** A test; null where there is none of that name. */
    static @Nullable Test of(String name) {
        return switch (name) {
            case "defined" -> (value, _) -> value != Nothing.UNDEFINED;
            case "undefined" -> (value, _) -> value == Nothing.UNDEFINED;
            case "none" -> (value, _) -> value == Nothing.NONE;
            case "string" -> (value, _) -> value instanceof String;
            case "number" -> (value, _) -> value instanceof Number || value instanceof Boolean;
            case "integer" -> (value, _) -> value instanceof Long || value instanceof BigInteger;
            case "float" -> (value, _) -> value instanceof Double;
            case "boolean" -> (value, _) -> value instanceof Boolean;
            case "true" -> (value, _) -> value.equals(true);
            case "false" -> (value, _) -> value.equals(false);
            case "mapping" -> (value, _) -> value instanceof Map;
            case "sequence" -> (value, _) -> value instanceof String || value instanceof List || value instanceof Map;
            case "iterable" ->
                (value, _) -> value instanceof String
                        || value instanceof List
                        || value instanceof Map
                        || value == Nothing.UNDEFINED;
            case "callable" -> (value, _) -> value instanceof Callable;
            case "odd" -> (value, _) -> Math.floorMod((long) Python.index(value), 2L) == 1;
            case "even" -> (value, _) -> Math.floorMod((long) Python.index(value), 2L) == 0;
            case "divisibleby" -> (value, given) -> Python.index(value) % Python.index(given.get(0, "num")) == 0;
            case "lower" ->
                (value, _) -> Python.text(value).equals(Python.text(value).toLowerCase(Locale.ROOT));
            case "upper" ->
                (value, _) -> Python.text(value).equals(Python.text(value).toUpperCase(Locale.ROOT));
            case "eq", "equalto", "sameas", "==" -> (value, given) -> Python.equal(value, given.get(0, "other"));
            case "ne", "!=" -> (value, given) -> !Python.equal(value, given.get(0, "other"));
            case "lt", "lessthan", "<" -> (value, given) -> Python.compare(value, given.get(0, "other")) < 0;
            case "le", "<=" -> (value, given) -> Python.compare(value, given.get(0, "other")) <= 0;
            case "gt", "greaterthan", ">" -> (value, given) -> Python.compare(value, given.get(0, "other")) > 0;
            case "ge", ">=" -> (value, given) -> Python.compare(value, given.get(0, "other")) >= 0;
            case "in" -> (value, given) -> Python.contains(given.get(0, "seq"), value);
            default -> null;
        };
    }
}
