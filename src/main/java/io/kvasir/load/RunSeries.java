package io.kvasir.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.load.report.ReportData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run's plots are made of; empty of a run that was saved without it. Times are simulated seconds.
 *
 * @param ttft points of the distribution of times to the first content, as {@link ReportData#cdf} makes them
 * @param e2e likewise to the end of the answer
 * @param hits by time: when requests were to be sent, cached tokens, and those that an ideal cache would have had
 * @param byEndpoint requests by who served them, as the router names it
 */
record RunSeries(List<double[]> ttft, List<double[]> e2e, List<double[]> hits, Map<String, Integer> byEndpoint) {
    /** Of a run that was saved without. */
    static final RunSeries NONE = new RunSeries(List.of(), List.of(), List.of(), Map.of());

    private static final int BINS = 40;
    private static final double NANO = 1e-9;

    RunSeries {
        ttft = List.copyOf(ttft);
        e2e = List.copyOf(e2e);
        hits = List.copyOf(hits);
        byEndpoint = Map.copyOf(byEndpoint);
    }

    /**
     * Of samples, failed ones left out.
     *
     * @param ideal for each request of the schedule, leading tokens an ideal cache would find
     */
    static RunSeries of(List<Sample> samples, int[] ideal) {
        var counted =
                samples.stream().filter(s -> s.complete() || s.unfinished()).toList();
        var byEndpoint = new TreeMap<String, Integer>();
        for (var s : samples) {
            if (!s.endpoint().isEmpty()) {
                byEndpoint.merge(s.endpoint(), 1, Integer::sum);
            }
        }
        return new RunSeries(
                ReportData.cdf(counted.stream()
                        .mapToDouble(
                                s -> ((s.firstNanos() < 0 ? s.endNanos() : s.firstNanos()) - s.intendedNanos()) * NANO)
                        .sorted()
                        .toArray()),
                ReportData.cdf(counted.stream()
                        .mapToDouble(s -> (s.endNanos() - s.intendedNanos()) * NANO)
                        .sorted()
                        .toArray()),
                hits(samples, ideal),
                byEndpoint);
    }

    private static List<double[]> hits(List<Sample> samples, int[] ideal) {
        long from = samples.stream().mapToLong(Sample::intendedNanos).min().orElse(0);
        long to = samples.stream().mapToLong(Sample::intendedNanos).max().orElse(from);
        double width = Math.max(1, (to - from) * NANO) / BINS;
        double[][] bins = new double[BINS][3];
        for (int i = 0; i < BINS; i++) {
            bins[i][0] = (i + 0.5) * width;
        }
        for (var s : samples) {
            if (s.complete() && s.cachedTokens() >= 0) {
                double[] bin = bins[Math.clamp((int) ((s.intendedNanos() - from) * NANO / width), 0, BINS - 1)];
                bin[1] += s.cachedTokens();
                bin[2] += ideal[s.index()];
            }
        }
        return List.of(bins);
    }

    ObjectNode toJson() {
        var node = JsonNodeFactory.instance.objectNode();
        rows(ttft, node.putArray("ttft"));
        rows(e2e, node.putArray("e2e"));
        rows(hits, node.putArray("hits"));
        byEndpoint.forEach(node.putObject("requestsByEndpoint")::put);
        return node;
    }

    static RunSeries fromJson(JsonNode node) {
        if (!node.isObject()) {
            return NONE;
        }
        var byEndpoint = new TreeMap<String, Integer>();
        node.path("requestsByEndpoint")
                .properties()
                .forEach(e -> byEndpoint.put(e.getKey(), e.getValue().asInt()));
        return new RunSeries(rows(node.path("ttft")), rows(node.path("e2e")), rows(node.path("hits")), byEndpoint);
    }

    private static void rows(List<double[]> rows, ArrayNode into) {
        for (double[] row : rows) {
            var array = into.addArray();
            Arrays.stream(row).forEach(value -> array.add(Math.rint(value * 1e5) / 1e5));
        }
    }

    private static List<double[]> rows(JsonNode node) {
        var rows = new ArrayList<double[]>(node.size());
        for (var row : node) {
            double[] values = new double[row.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = row.get(i).asDouble();
            }
            rows.add(values);
        }
        return rows;
    }
}
