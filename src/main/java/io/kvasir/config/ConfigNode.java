package io.kvasir.config;

import java.util.List;
import java.util.Map;

/** A value of a document. Immutable. */
public sealed interface ConfigNode {

    /** The line on which it begins, from 1; 0 for what was put in from outside the document. */
    int line();

    /** What a scalar was written as: a quoted number is a text. */
    enum Kind {
        TEXT,
        NUMBER,
        BOOLEAN
    }

    /** A text, number or boolean, as written. */
    record Scalar(int line, String text, Kind kind) implements ConfigNode {}

    /** Nothing: {@code null}, {@code ~} or a key without a value. */
    record Absent(int line) implements ConfigNode {}

    /** A list, in the document's order. */
    record Sequence(int line, List<ConfigNode> items) implements ConfigNode {}

    /** Values by key, in the document's order. */
    record Mapping(int line, Map<String, Entry> entries) implements ConfigNode {}

    /** A key's value and the line of the key. */
    record Entry(int line, ConfigNode value) {}

    /** As messages show it: a scalar's text, of others their kind. */
    default String shown() {
        return switch (this) {
            case Scalar scalar -> scalar.text();
            case Absent _ -> "null";
            case Sequence _ -> "[…]";
            case Mapping _ -> "{…}";
        };
    }
}
