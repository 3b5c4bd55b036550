package io.kvasir.config;

import io.kvasir.config.ConfigNode.Absent;
import io.kvasir.config.ConfigNode.Entry;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigNode.Sequence;
import io.kvasir.failure.NearMiss;
import io.kvasir.failure.ShownText;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A mapping of a document, read key by key. A key without a value counts as absent, a quoted number as a number. What is
 * wrong is told with source, line, key, value and what is allowed.
 */
public final class Fields {
    private static final int MAX_TEXT = 1024;

    private final String source;
    private final String at;
    private final Mapping mapping;

    private Fields(String source, String at, Mapping mapping) {
        this.source = source;
        this.at = at;
        this.mapping = mapping;
    }

    /**
     * Reads a mapping.
     *
     * @param source its file, or what else it comes from, for messages
     * @param at the way to it in the document, such as {@code endpoints[3]}; empty for the document itself
     */
    public static Fields of(String source, String at, Mapping mapping) {
        return new Fields(source, at.isEmpty() ? "" : at + ".", mapping);
    }

    /** Its keys, values and line. */
    public Mapping mapping() {
        return mapping;
    }

    /** Tells of the keys that are not among {@code known}, with the nearest of these where one is near. */
    public void known(Collection<String> known, UnknownKeys unknown) throws InvalidConfigException {
        for (var entry : mapping.entries().entrySet()) {
            String key = entry.getKey();
            if (!known.contains(key)) {
                String near = NearMiss.of(key, known);
                unknown.found(
                        source,
                        entry.getValue().line(),
                        at + plain(key),
                        near == null ? "; allowed: " + String.join(", ", known) : ", did you mean " + near + "?");
            }
        }
    }

    /** A key as it may stand in a message without quotes. */
    private static String plain(String key) {
        String shown = ShownText.of(key);
        return shown.substring(1, shown.length() - 1);
    }

    /** The line of a key, the mapping's own where it has none. */
    public int lineOf(String key) {
        Entry entry = mapping.entries().get(key);
        return entry == null ? mapping.line() : entry.line();
    }

    /** The value of a key; null where there is none. */
    public @Nullable ConfigNode value(String key) {
        Entry entry = mapping.entries().get(key);
        return entry == null || entry.value() instanceof Absent ? null : entry.value();
    }

    /** The text of a key, 1 to 1,024 characters on one line; null where there is none. */
    public @Nullable String text(String key) throws InvalidConfigException {
        ConfigNode node = value(key);
        if (node == null) {
            return null;
        }
        if (!(node instanceof Scalar scalar) || !plainText(scalar)) {
            throw bad(key, node.shown(), "a text of 1 to " + MAX_TEXT + " characters on one line");
        }
        return scalar.text();
    }

    /**
     * The text of a key that must be there.
     *
     * @param required what must be there, for the message, such as {@code required: name, address}
     * @param known all keys: one that is almost the missing one is named
     */
    public String required(String key, String required, Collection<String> known) throws InvalidConfigException {
        String text = text(key);
        if (text == null) {
            throw missing(key, required, known);
        }
        return text;
    }

    /** That a key is missing, with the one that was meant to be it where one looks so; as {@link #required}. */
    public InvalidConfigException missing(String key, String required, Collection<String> known) {
        for (var entry : mapping.entries().entrySet()) {
            String written = entry.getKey();
            if (!known.contains(written) && key.equals(NearMiss.of(written, known))) {
                return InvalidConfigException.at(
                        source,
                        entry.getValue().line(),
                        at + plain(written) + ": unknown key, did you mean " + key + "? " + required);
            }
        }
        return InvalidConfigException.at(source, mapping.line(), at + key + ": missing; " + required);
    }

    /** The value of a key, of which there are only some; {@code otherwise} where there is none. */
    public <T> T oneOf(String key, T otherwise, Function<String, Optional<T>> parse, String allowed)
            throws InvalidConfigException {
        String text = text(key);
        return text == null ? otherwise : parse.apply(text).orElseThrow(() -> bad(key, text, allowed));
    }

    /** A whole number; {@code otherwise} where there is none. */
    public long whole(String key, long otherwise, long min, long max) throws InvalidConfigException {
        String text = text(key);
        return text == null ? otherwise : whole(key, text, min, max);
    }

    /** A whole number that is given. */
    public long whole(String key, String text, long min, long max) throws InvalidConfigException {
        long number;
        try {
            number = Long.parseLong(digits(text));
        } catch (NumberFormatException e) {
            number = Long.MIN_VALUE;
        }
        if (number < min || number > max) {
            throw bad(key, text, "a whole number from " + min + " to " + max);
        }
        return number;
    }

    /**
     * A number; {@code otherwise} where there is none.
     *
     * @param allowed in words; null for <i>a number from min to max</i>
     */
    public double number(String key, double otherwise, double min, double max, @Nullable String allowed)
            throws InvalidConfigException {
        String text = text(key);
        if (text == null) {
            return otherwise;
        }
        double number;
        try {
            number = Double.parseDouble(digits(text));
        } catch (NumberFormatException e) {
            number = Double.NaN;
        }
        if (!(number >= min && number <= max)) {
            throw bad(key, text, allowed == null ? "a number from " + plain(min) + " to " + plain(max) : allowed);
        }
        return number;
    }

    /** YAML may have marks between digits, which stay where a label or a name looks so. */
    static String digits(String text) {
        return text.replace("_", "");
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    /** The items of a list; empty where there is none. */
    public List<ConfigNode> list(String key, String allowed) throws InvalidConfigException {
        ConfigNode node = value(key);
        if (node == null) {
            return List.of();
        }
        if (!(node instanceof Sequence sequence)) {
            throw bad(key, node.shown(), allowed);
        }
        return sequence.items();
    }

    /** The items of a list of texts, each as {@link #text}; empty where there is none. */
    public List<String> texts(String key, String allowed) throws InvalidConfigException {
        var items = list(key, allowed);
        for (ConfigNode item : items) {
            if (!(item instanceof Scalar scalar) || !plainText(scalar)) {
                throw bad(item.line(), key, item.shown(), allowed);
            }
        }
        return items.stream().map(ConfigNode::shown).toList();
    }

    /** A mapping within; null where there is none. */
    public @Nullable Fields fields(String key, String allowed) throws InvalidConfigException {
        ConfigNode node = value(key);
        if (node == null) {
            return null;
        }
        if (!(node instanceof Mapping inner)) {
            throw bad(key, node.shown(), allowed);
        }
        return of(source, at + key, inner);
    }

    private static boolean plainText(Scalar scalar) {
        String text = scalar.text();
        return !text.isBlank() && text.length() <= MAX_TEXT && text.chars().noneMatch(Character::isISOControl);
    }

    /** That the value of a key is not allowed. */
    public InvalidConfigException bad(String key, String value, String allowed) {
        return bad(lineOf(key), key, value, allowed);
    }

    /** As {@link #bad(String, String, String)}, at a line of its own. */
    public InvalidConfigException bad(int line, String key, String value, String allowed) {
        return InvalidConfigException.at(
                source, line, at + key + ": bad value " + ShownText.of(value) + "; allowed: " + allowed);
    }

    /** That something is wrong with a key, in other words. */
    public InvalidConfigException problem(String key, String problem) {
        return InvalidConfigException.at(source, lineOf(key), at + key + ": " + problem);
    }
}
