package io.kvasir.schedule;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A parameter of a type of plug-in: what configuration calls it, its default, and what it may be. Values come as
 * configuration files have them: {@link Number}, {@link Boolean}, {@link String}, lists of such values and maps of them by
 * text. A name with dots, such as {@code algorithm.type}, is a key within keys. Immutable.
 *
 * @param <T> what a plug-in gets
 */
public final class Parameter<T> {
    /** Whole numbers up to here are exact as {@code double} too, as JSON's are read by many. */
    private static final double EXACT = 0x1p53;

    private static final String ANY = "any value";
    private static final int MAX_TEXT = 1024;
    private static final String TEXT = "a text of 1 to " + MAX_TEXT + " characters on one line";

    private final String name;
    private final T otherwise;
    private final String allowed;
    private final boolean required;
    private final Function<Object, @Nullable T> read;

    private Parameter(String name, T otherwise, String allowed, boolean required, Function<Object, @Nullable T> read) {
        this.name = name;
        this.otherwise = otherwise;
        this.allowed = allowed;
        this.required = required;
        this.read = read;
    }

    private Parameter(String name, T otherwise, String allowed, Function<Object, @Nullable T> read) {
        this(name, otherwise, allowed, false, read);
    }

    /** A number from {@code least} to {@code most}; {@code otherwise} where none is given. */
    public static Parameter<Double> number(String name, double otherwise, double least, double most) {
        return new Parameter<>(name, otherwise, "a number from " + plain(least) + " to " + plain(most), given -> {
            double value = given instanceof Number number ? number.doubleValue() : Double.NaN;
            return value >= least && value <= most ? value : null;
        });
    }

    /** A whole number from {@code least} to {@code most}, both within 2^53; {@code otherwise} where none is given. */
    public static Parameter<Long> whole(String name, long otherwise, long least, long most) {
        return new Parameter<>(name, otherwise, "a whole number from " + least + " to " + most, given -> {
            double value = given instanceof Number number ? number.doubleValue() : Double.NaN;
            return value == Math.rint(value) && Math.abs(value) <= EXACT && value >= least && value <= most
                    ? (Long) (long) value
                    : null;
        });
    }

    /** Yes or no. */
    public static Parameter<Boolean> flag(String name, boolean otherwise) {
        return new Parameter<>(
                name,
                otherwise,
                "true, false",
                given -> given instanceof Boolean value ? value : given instanceof String text ? word(text) : null);
    }

    /** YAML 1.1 has more words for it than JSON. */
    private static @Nullable Boolean word(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "yes", "on" -> true;
            case "no", "off" -> false;
            default -> null;
        };
    }

    /** A text of 1 to 1,024 characters on one line; {@code otherwise} where none is given. */
    public static Parameter<String> text(String name, String otherwise) {
        return new Parameter<>(name, otherwise, TEXT, Parameter::plainText);
    }

    /** A text as {@link #text} that must be given. */
    public static Parameter<String> requiredText(String name) {
        return new Parameter<>(name, "", TEXT, true, Parameter::plainText);
    }

    /** One of some words; {@code otherwise}, which is one of them, where none is given. */
    public static Parameter<String> word(String name, String otherwise, String... words) {
        var allowed = List.of(words);
        return new Parameter<>(
                name,
                otherwise,
                String.join(", ", allowed),
                given -> given instanceof String text && allowed.contains(text) ? text : null);
    }

    /**
     * A value of another kind.
     *
     * @param allowed what it may be, in words
     * @param read makes what a plug-in gets of what a file has; null for what is not allowed
     */
    public static <T> Parameter<T> of(String name, T otherwise, String allowed, Function<Object, @Nullable T> read) {
        return new Parameter<>(name, otherwise, allowed, read);
    }

    /** Whatever stands there: for what is read, and has nothing to act on. */
    public static Parameter<Object> any(String name) {
        return new Parameter<>(name, "", ANY, given -> given);
    }

    /** Whether it is read, and has nothing to act on. */
    public boolean ignored() {
        return allowed.equals(ANY);
    }

    private static @Nullable String plainText(Object given) {
        return given instanceof String text
                        && !text.isBlank()
                        && text.length() <= MAX_TEXT
                        && text.chars().noneMatch(Character::isISOControl)
                ? text
                : null;
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < EXACT
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    /** Name in configuration. */
    public String name() {
        return name;
    }

    /** The value where none is given. */
    public T otherwise() {
        return otherwise;
    }

    /** What it may be, in words for messages and documentation. */
    public String allowed() {
        return allowed;
    }

    /** Whether a plug-in cannot be made without it. */
    public boolean required() {
        return required;
    }

    /** What a plug-in gets for that; null where it is not allowed. */
    @Nullable
    T read(Object given) {
        return read.apply(given);
    }
}
