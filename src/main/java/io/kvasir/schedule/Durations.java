package io.kvasir.schedule;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations as Go writes them ({@code time.ParseDuration}), such as {@code 200ms} or {@code 1m30s}. */
final class Durations {
    private static final Pattern WHOLE = Pattern.compile("(?:(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h))+");
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");
    private static final double MOST_NANOS = 1e18;

    private Durations() {}

    /** A parameter in nanoseconds. */
    static Parameter<Long> parameter(String name, Duration otherwise) {
        return Parameter.of(name, otherwise.toNanos(), "a duration such as 200ms or 1m30s", Durations::nanos);
    }

    private static @Nullable Long nanos(Object given) {
        if (given instanceof Long number) {
            // a default, in nanoseconds as Go's own JSON has it
            return number >= 0 ? number : null;
        }
        if (!(given instanceof String text) || !WHOLE.matcher(text).matches()) {
            return null;
        }
        double nanos = 0;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            nanos += Double.parseDouble(part.group(1)) * unit(part.group(2));
        }
        return nanos <= MOST_NANOS ? (Long) (long) nanos : null;
    }

    private static double unit(String name) {
        return switch (name) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            default -> 3600e9;
        };
    }
}
