package io.kvasir.schedule;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A parameter of a type of plug-in: what configuration calls it, its default, and what it may be. Values come as
 * configuration files have them: {@link Number}, {@link Boolean}, or something else, which none takes. Immutable.
 *
 * @param <T> what a plug-in gets
 */
public final class Parameter<T> {
    /** Whole numbers up to here are exact as {@code double} too, as JSON's are read by many. */
    private static final double EXACT = 0x1p53;

    private final String name;
    private final T otherwise;
    private final String allowed;
    private final Function<Object, @Nullable T> read;

    private Parameter(String name, T otherwise, String allowed, Function<Object, @Nullable T> read) {
        this.name = name;
        this.otherwise = otherwise;
        this.allowed = allowed;
        this.read = read;
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
        return new Parameter<>(name, otherwise, "true, false", given -> given instanceof Boolean value ? value : null);
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

    /** What a plug-in gets for that; null where it is not allowed. */
    @Nullable
    T read(Object given) {
        return read.apply(given);
    }
}
