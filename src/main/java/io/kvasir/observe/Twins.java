package io.kvasir.observe;

import io.kvasir.metric.Histogram;
import io.kvasir.metric.MetricSink;

/**
 * Declares what begins with one name a second time, under an older one.
 *
 * @param newer beginning of names that have a twin
 * @param older what the twin begins with
 */
record Twins(MetricSink page, String newer, String older) implements MetricSink {
    @Override
    public void counter(String name, String help, double value, String... labels) {
        page.counter(name, help, value, labels);
        if (name.startsWith(newer)) {
            page.counter(twin(name), help, value, labels);
        }
    }

    @Override
    public void gauge(String name, String help, double value, String... labels) {
        page.gauge(name, help, value, labels);
        if (name.startsWith(newer)) {
            page.gauge(twin(name), help, value, labels);
        }
    }

    @Override
    public void histogram(String name, String help, Histogram buckets, String... labels) {
        page.histogram(name, help, buckets, labels);
        if (name.startsWith(newer)) {
            page.histogram(twin(name), help, buckets, labels);
        }
    }

    private String twin(String name) {
        return older + name.substring(newer.length());
    }
}
