package io.kvasir.load;

import java.util.Locale;

/**
 * How fast a trace is replayed, in simulated time.
 *
 * @param value a multiple, a number of requests per second, or a share of capacity
 * @param unit which of these
 */
public record Rate(double value, Unit unit) {
    /** What a rate's value is relative to. */
    public enum Unit {
        /** {@code x2}: a multiple of the trace's own rate. */
        TIMES_TRACE,
        /** {@code 35/s}: requests per simulated second. */
        PER_SECOND,
        /** {@code 80%}: a share of the pool's measured capacity. */
        PERCENT_OF_CAPACITY
    }

    /**
     * Reads {@code x2}, {@code 35/s} or {@code 80%}.
     *
     * @throws IllegalArgumentException saying what is allowed
     */
    public static Rate parse(String text) {
        try {
            var rate = text.startsWith("x")
                    ? new Rate(Double.parseDouble(text.substring(1)), Unit.TIMES_TRACE)
                    : text.endsWith("/s")
                            ? new Rate(Double.parseDouble(text.substring(0, text.length() - 2)), Unit.PER_SECOND)
                            : text.endsWith("%")
                                    ? new Rate(
                                            Double.parseDouble(text.substring(0, text.length() - 1)),
                                            Unit.PERCENT_OF_CAPACITY)
                                    : null;
            if (rate != null && rate.value > 0 && Double.isFinite(rate.value)) {
                return rate;
            }
        } catch (NumberFormatException e) {
            // reported below with the forms that are allowed
        }
        throw new IllegalArgumentException(
                "x2 (times the trace's own), 35/s (requests a second), or of measured capacity 80%");
    }

    /** Whether the pool's capacity must be measured first. */
    public boolean needsCapacity() {
        return unit == Unit.PERCENT_OF_CAPACITY;
    }

    /** Requests per simulated second, given the trace's own rate and the pool's capacity in the same unit. */
    public double perSecond(double traceRate, double capacity) {
        return switch (unit) {
            case TIMES_TRACE -> value * traceRate;
            case PER_SECOND -> value;
            case PERCENT_OF_CAPACITY -> value / 100 * capacity;
        };
    }

    /** The form it was read from. */
    @Override
    public String toString() {
        var number = value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : Double.toString(value);
        return switch (unit) {
            case TIMES_TRACE -> "x" + number;
            case PER_SECOND -> number + "/s";
            case PERCENT_OF_CAPACITY -> number + "%";
        };
    }
}
