package io.kvasir.token.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What can be asked of values: their members, methods and parts. */
final class Attributes {
    private Attributes() {}

    /** {@code of.name}: a method or else a member. */
    static Object attribute(Object of, String name) {
        return switch (of) {
            case Map<?, ?> map -> {
                var method = method(map, name);
                yield method == null ? member(map, name) : method;
            }
            case String s -> {
                var method = StringMethods.of(s, name);
                yield method == null ? Nothing.UNDEFINED : method;
            }
            case List<?> list -> listMethod(list, name);
            case Loop loop -> loop.attribute(name);
            case Nothing nothing
            when nothing == Nothing.UNDEFINED ->
                throw new TemplateException("something undefined is asked for " + name);
            default -> Nothing.UNDEFINED;
        };
    }

    private static Object member(Map<?, ?> map, Object key) {
        var value = map.get(key);
        return value == null ? Nothing.UNDEFINED : value;
    }

    private static @Nullable Object method(Map<?, ?> map, String name) {
        if (map instanceof Namespace) {
            return null;
        }
        return switch (name) {
            case "items" ->
                (Callable) (_, _) -> map.entrySet().stream()
                        .map(entry -> (Object) List.of(entry.getKey(), entry.getValue()))
                        .toList();
            case "keys" -> (Callable) (_, _) -> new ArrayList<Object>(map.keySet());
            case "values" -> (Callable) (_, _) -> new ArrayList<Object>(map.values());
            case "get" ->
                (Callable) (_, given) -> {
                    var value = map.get(given.get(0, "key"));
                    return value == null ? given.get(1, "default", Nothing.NONE) : value;
                };
            default -> null;
        };
    }

    private static Object listMethod(List<?> list, String name) {
        return switch (name) {
            case "index" ->
                (Callable) (_, given) -> {
                    for (int i = 0; i < list.size(); i++) {
                        if (Python.equal(list.get(i), given.get(0, "value"))) {
                            return (long) i;
                        }
                    }
                    throw new TemplateException("a list has no such value");
                };
            case "count" ->
                (Callable) (_, given) -> list.stream()
                        .filter(each -> Python.equal(each, given.get(0, "value")))
                        .count();
            // engines render in a sandbox in which nothing can be changed
            case "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse" ->
                throw new TemplateException("a list cannot be changed by " + name);
            default -> Nothing.UNDEFINED;
        };
    }

    /** {@code of[key]}. */
    static Object subscript(Object of, Object key) {
        return switch (of) {
            case Map<?, ?> map -> {
                var value = member(map, key);
                yield value == Nothing.UNDEFINED && key instanceof String name ? attribute(of, name) : value;
            }
            case List<?> list
            when key instanceof Long || key instanceof Boolean -> {
                int at = at(Python.index(key), list.size());
                yield at < 0 ? Nothing.UNDEFINED : list.get(at);
            }
            case String s
            when key instanceof Long || key instanceof Boolean -> {
                int length = (int) Python.length(s);
                int at = at(Python.index(key), length);
                yield at < 0 ? Nothing.UNDEFINED : Character.toString(s.codePointAt(s.offsetByCodePoints(0, at)));
            }
            default -> key instanceof String name ? attribute(of, name) : missing(of);
        };
    }

    private static Object missing(Object of) {
        if (of == Nothing.UNDEFINED) {
            throw new TemplateException("something undefined is asked for a part");
        }
        return Nothing.UNDEFINED;
    }

    private static int at(int index, int length) {
        int at = index < 0 ? index + length : index;
        return at < length ? at : -1;
    }

    /** {@code of[from:to:step]}. */
    static Object slice(Object of, @Nullable Integer from, @Nullable Integer to, @Nullable Integer step) {
        int by = step == null ? 1 : step;
        if (by == 0) {
            throw new TemplateException("a slice has a step of 0");
        }
        int[] points = of instanceof String s ? s.codePoints().toArray() : new int[0];
        var list = of instanceof List<?> some ? some : List.of();
        int length = of instanceof String ? points.length : list.size();
        if (!(of instanceof String || of instanceof List<?>)) {
            throw new TemplateException(Python.type(of) + " has no slices");
        }
        int start = from == null ? by > 0 ? 0 : length - 1 : clamped(from, length, by);
        int end = to == null ? by > 0 ? length : -1 : clamped(to, length, by);
        var text = new StringBuilder();
        var some = new ArrayList<Object>();
        for (long i = start; by > 0 ? i < end : i > end; i += by) {
            if (of instanceof String) {
                text.appendCodePoint(points[(int) i]);
            } else {
                some.add(list.get((int) i));
            }
        }
        return of instanceof String ? text.toString() : some;
    }

    private static int clamped(int bound, int length, int step) {
        int at = bound < 0 ? bound + length : bound;
        return step > 0 ? Math.clamp(at, 0, length) : Math.clamp(at, -1, length - 1);
    }
}
