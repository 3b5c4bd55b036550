package io.kvasir.app;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations as Go writes them ({@code 1m30s}) and sizes as Kubernetes writes them ({@code 10Mi}), a trailing B allowed. */
final class Quantities {
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");
    private static final Pattern DURATION = Pattern.compile("0|(?:" + PART + ")+");
    private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?)([kKMG]i?)?B?");
    private static final long NANOS_A_SECOND = 1_000_000_000;

    private Quantities() {}

    /** Null where it is none, or one of more than 292 years. */
    static @Nullable Duration duration(String text) {
        if (!DURATION.matcher(text).matches()) {
            return null;
        }
        long nanos = 0;
        Matcher part = PART.matcher(text);
        try {
            while (part.find()) {
                nanos = Math.addExact(nanos, nanos(part.group(1), unit(part.group(2))));
            }
        } catch (ArithmeticException e) {
            return null;
        }
        return Duration.ofNanos(nanos);
    }

    private static long unit(String name) {
        return switch (name) {
            case "ns" -> 1;
            case "us", "µs" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> NANOS_A_SECOND;
            case "m" -> 60 * NANOS_A_SECOND;
            default -> 3600 * NANOS_A_SECOND;
        };
    }

    /**
     * Digits with a point among them, or none, times the unit. In whole numbers: the class of decimal ones multiplies some of
     * tens of thousands of digits before its first use.
     */
    private static long nanos(String number, long unit) {
        int point = number.indexOf('.');
        long nanos = 0;
        for (int i = 0; i < (point < 0 ? number.length() : point); i++) {
            nanos = Math.addExact(Math.multiplyExact(nanos, 10), Character.digit(number.charAt(i), 10));
        }
        nanos = Math.multiplyExact(nanos, unit);
        long place = unit;
        for (int i = point + 1; point >= 0 && i < number.length(); i++) {
            place /= 10;
            nanos = Math.addExact(nanos, Character.digit(number.charAt(i), 10) * place);
        }
        return nanos;
    }

    /** In the largest unit that leaves no fraction. */
    static String shown(Duration duration) {
        if (duration.toMillis() % 1000 != 0) {
            return duration.toMillis() + "ms";
        }
        long seconds = duration.toSeconds();
        return seconds == 0 || seconds % 3600 != 0
                ? seconds == 0 || seconds % 60 != 0 ? seconds + "s" : seconds / 60 + "m"
                : seconds / 3600 + "h";
    }

    /** NaN where it is none. */
    static double bytes(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            return Double.NaN;
        }
        String suffix = size.group(2) == null ? "" : size.group(2);
        double base = suffix.endsWith("i") ? 1024 : 1000;
        int power = suffix.isEmpty() ? 0 : 1 + "KMG".indexOf(Character.toUpperCase(suffix.charAt(0)));
        return Double.parseDouble(size.group(1)) * Math.pow(base, power);
    }
}
