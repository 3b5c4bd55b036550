package io.kvasir.app;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The metrics that {@code docs/metrics.md} lists. */
final class DocumentedMetrics {
    private static final Pattern ROW = Pattern.compile("\\| `(kvasir_\\w+)` \\| (\\w+) \\|.*");

    private DocumentedMetrics() {}

    /** Types by name. */
    static Map<String, String> read() {
        var types = new TreeMap<String, String>();
        try (var lines = Files.lines(Path.of("docs/metrics.md"))) {
            lines.forEach(line -> {
                var row = ROW.matcher(line);
                if (row.matches()) {
                    types.put(row.group(1), row.group(2));
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return types;
    }

    /** A family's name, as pages have it. */
    static String nameOf(MetricFamilySamples family) {
        return family.type == Collector.Type.COUNTER ? family.name + "_total" : family.name;
    }
}
