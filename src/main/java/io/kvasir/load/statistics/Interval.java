package io.kvasir.load.statistics;

/**
 * A figure and the interval that holds it with 95 % confidence; NaN where nothing can be said.
 *
 * @param value of all that was measured
 * @param low end of the interval
 * @param high end of the interval
 */
public record Interval(double value, double low, double high) {
    /** Where nothing can be said. */
    public static final Interval UNKNOWN = new Interval(Double.NaN, Double.NaN, Double.NaN);

    /** Whether all of it lies on one side of {@code other}: chance alone would rarely do that. */
    public boolean excludes(double other) {
        return low > other || high < other;
    }
}
