package io.kvasir.observe;

import io.kvasir.route.Histogram;
import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects samples into metric families for one page. */
public final class Families {
    private record Family(Collector.Type type, String help, List<Sample> samples) {}

    private final Map<String, Family> families = new LinkedHashMap<>();

    /** A counter's value; {@code name} without {@code _total}. */
    public void counter(String name, String help, double value, String... labels) {
        family(name, Collector.Type.COUNTER, help).add(sample(name + "_total", value, labels));
    }

    /** A gauge's value. */
    public void gauge(String name, String help, double value, String... labels) {
        family(name, Collector.Type.GAUGE, help).add(sample(name, value, labels));
    }

    /** A histogram. */
    public void histogram(String name, String help, Histogram buckets, String... labels) {
        var samples = family(name, Collector.Type.HISTOGRAM, help);
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
    }

    private List<Sample> family(String name, Collector.Type type, String help) {
        return families.computeIfAbsent(name, _ -> new Family(type, help, new ArrayList<>())).samples;
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
        var all = new ArrayList<MetricFamilySamples>();
        families.forEach(
                (name, family) -> all.add(new MetricFamilySamples(name, family.type, family.help, family.samples)));
        return all;
    }
}
