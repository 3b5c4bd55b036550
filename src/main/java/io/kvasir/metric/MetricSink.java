package io.kvasir.metric;

import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Takes metrics for one page. Names are Prometheus': in lower case, with the unit at the end ({@code _seconds}, {@code
 * _bytes}); {@code docs/metrics.md} lists them. Series of one name have the same labels and stand for different values of
 * them, of a set that is bounded.
 */
public interface MetricSink {

    /**
     * What only grows.
     *
     * @param name without {@code _total}
     * @param help one sentence
     * @param labels names and values in turn
     */
    void counter(String name, String help, double value, String... labels);

    /** What goes up and down. */
    void gauge(String name, String help, double value, String... labels);

    /** Counts of values in buckets. */
    void histogram(String name, String help, Histogram buckets, String... labels);

    /**
     * A counter for each value of one label.
     *
     * @param label name of the label
     * @param all its values, as what counts knows them
     * @param code how pages call a value
     * @param count how often it was counted
     */
    default <E> void counters(
            String name, String help, String label, E[] all, Function<E, String> code, ToDoubleFunction<E> count) {
        for (E one : all) {
            counter(name, help, count.applyAsDouble(one), label, code.apply(one));
        }
    }
}
