package io.kvasir.token.jinja;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes values as Python's {@code json.dumps} does with {@code ensure_ascii=False}, which is what {@code tojson} is to engines. */
public final class PythonJson {
    private final StringBuilder out = new StringBuilder();
    private final int most;
    private final String indent;
    private final String comma;
    private final String colon;
    private final boolean sorted;

    private PythonJson(int most, String indent, String comma, String colon, boolean sorted) {
        this.most = most;
        this.indent = indent;
        this.comma = comma;
        this.colon = colon;
        this.sorted = sorted;
    }

    /**
     * A value in one line, as {@code json.dumps} writes it by itself.
     *
     * @throws TemplateException where something in it is no value of JSON
     */
    public static String of(Object value) {
        return of(value, Integer.MAX_VALUE, "", ", ", ": ", false);
    }

    /**
     * @param most characters that it may have
     * @param indent of each level, as one writes it; empty for one line
     */
    static String of(Object value, int most, String indent, String comma, String colon, boolean sorted) {
        var json = new PythonJson(most, indent, comma, colon, sorted);
        json.write(value, 1);
        return json.out.toString();
    }

    private void write(Object value, int depth) {
        if (out.length() > most) {
            throw new TemplateException("JSON becomes longer than " + most + " characters");
        }
        switch (value) {
            case String s -> string(s);
            case Boolean b -> out.append(b ? "true" : "false");
            case Double d ->
                out.append(d.isNaN() ? "NaN" : d.isInfinite() ? d > 0 ? "Infinity" : "-Infinity" : Python.number(d));
            case Number n -> out.append(n);
            case List<?> list -> {
                out.append('[');
                boolean first = true;
                for (Object each : list) {
                    separate(first, depth);
                    write(each, depth + 1);
                    first = false;
                }
                close(first, depth, ']');
            }
            case Map<?, ?> map -> {
                out.append('{');
                boolean first = true;
                for (var each : (sorted ? new TreeMap<>(map) : map).entrySet()) {
                    separate(first, depth);
                    string(Python.text(each.getKey()));
                    out.append(colon);
                    write(each.getValue(), depth + 1);
                    first = false;
                }
                close(first, depth, '}');
            }
            case Nothing nothing when nothing == Nothing.NONE -> out.append("null");
            default -> throw new TemplateException(Python.type(value) + " cannot be written as JSON");
        }
    }

    private void separate(boolean first, int depth) {
        if (!first) {
            out.append(comma);
        }
        if (!indent.isEmpty()) {
            out.append('\n').repeat(indent, depth);
        }
    }

    private void close(boolean empty, int depth, char end) {
        if (!empty && !indent.isEmpty()) {
            out.append('\n').repeat(indent, depth - 1);
        }
        out.append(end);
    }

    private void string(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
