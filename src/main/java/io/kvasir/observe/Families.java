package io.kvasir.observe;

import io.kvasir.metric.Histogram;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Collects samples into metric families for one page. Of one family it takes {@value #MOST_SERIES} series; more, which can
 * only be a fault of whoever declares them, are left out and counted.
 */
public final class Families implements MetricSink {
    /** Most series of one family: what a thousand endpoints need, by reason. */
    static final int MOST_SERIES = 20_000;

    /** Series that were left out, over all pages. */
    static final class Overflow implements Metered {
        private final LongAdder left = new LongAdder();

        @Override
        public void describe(MetricSink sink) {
            sink.counter(
                    "kvasir_metrics_left_out",
                    "Series that were left off pages, as a metric had too many.",
                    left.sum());
        }
    }

    private record Family(Collector.Type type, String help, List<Sample> samples) {}

    private final Map<String, Family> families = new LinkedHashMap<>();
    private final Overflow overflow;

    Families(Overflow overflow) {
        this.overflow = overflow;
    }

    @Override
    public void counter(String name, String help, double value, String... labels) {
        add(name, Collector.Type.COUNTER, help, sample(name + "_total", value, labels));
    }

    @Override
    public void gauge(String name, String help, double value, String... labels) {
        add(name, Collector.Type.GAUGE, help, sample(name, value, labels));
    }

    @Override
    public void histogram(String name, String help, Histogram buckets, String... labels) {
        var samples = new ArrayList<Sample>();
        double[] bounds = buckets.bounds();
        long[] counts = buckets.counts();
        long sum = 0;
        for (int i = 0; i < counts.length; i++) {
            sum += counts[i];
            String bound = i < bounds.length ? Double.toString(bounds[i]) : "+Inf";
            var all = new ArrayList<>(List.of(labels));
            all.add("le");
            all.add(bound);
            samples.add(sample(name + "_bucket", sum, all.toArray(String[]::new)));
        }
        samples.add(sample(name + "_count", sum, labels));
        samples.add(sample(name + "_sum", buckets.sum(), labels));
        add(name, Collector.Type.HISTOGRAM, help, samples.toArray(Sample[]::new));
    }

    private void add(String name, Collector.Type type, String help, Sample... samples) {
        var family = families.computeIfAbsent(name, _ -> new Family(type, help, new ArrayList<>()));
        if (family.samples.size() + samples.length <= MOST_SERIES) {
            Collections.addAll(family.samples, samples);
        } else {
            overflow.left.increment();
        }
    }

    /** @param labels names and values in turn */
    private static Sample sample(String name, double value, String... labels) {
        var names = new ArrayList<String>();
        var values = new ArrayList<String>();
        for (int i = 0; i + 1 < labels.length; i += 2) {
            names.add(labels[i]);
            values.add(labels[i + 1]);
        }
        return new Sample(name, names, values, value);
    }

    List<MetricFamilySamples> all() {
        overflow.describe(this);
        var all = new ArrayList<MetricFamilySamples>();
        families.forEach(
                (name, family) -> all.add(new MetricFamilySamples(name, family.type, family.help, family.samples)));
        return all;
    }
}
