package io.kvasir.testing;

import io.kvasir.metric.Histogram;
import io.kvasir.metric.MetricSink;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The counters and gauges that somebody declares, by name and labels as {@code name{label=value,...}}. */
public final class CollectedMetrics implements MetricSink {
    private final Map<String, Double> values = new HashMap<>();

    /** What {@code describe} declares now. */
    public static CollectedMetrics of(Consumer<MetricSink> describe) {
        var collected = new CollectedMetrics();
        describe.accept(collected);
        return collected;
    }

    /** The value of a series; an error where it was not declared. */
    public double value(String series) {
        var value = values.get(series);
        if (value == null) {
            throw new AssertionError("no " + series + " in " + values.keySet());
        }
        return value;
    }

    @Override
    public void counter(String name, String help, double value, String... labels) {
        put(name + "_total", value, labels);
    }

    @Override
    public void gauge(String name, String help, double value, String... labels) {
        put(name, value, labels);
    }

    @Override
    public void histogram(String name, String help, Histogram buckets, String... labels) {}

    private void put(String name, double value, String... labels) {
        var series = new StringBuilder(name);
        for (int i = 0; i < labels.length; i += 2) {
            series.append(i == 0 ? "{" : ",").append(labels[i]).append('=').append(labels[i + 1]);
        }
        values.put(series.append(labels.length == 0 ? "" : "}").toString(), value);
    }
}
