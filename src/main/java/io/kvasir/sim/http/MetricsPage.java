package io.kvasir.sim.http;

import io.kvasir.sim.engine.Histogram;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A page of metrics in Prometheus' text format: all that does not change is encoded once, so that rendering copies
 * bytes and prints numbers.
 */
final class MetricsPage {
    private interface Item {
        void render(PageBuffer out);
    }

    private final List<Item> items = new ArrayList<>();
    private final String[] labels;

    /** A page on which every sample has these labels, given as name and value by turns. */
    MetricsPage(String... labels) {
        this.labels = labels.clone();
    }

    void render(PageBuffer out) {
        out.clear();
        for (int i = 0; i < items.size(); i++) {
            items.get(i).render(out);
        }
    }

    MetricsPage family(String name, String type, String help) {
        var text = bytes("# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n");
        items.add(out -> out.put(text));
        return this;
    }

    MetricsPage gauge(String name, String help, DoubleSupplier value) {
        return family(name, "gauge", help).sample(name, value);
    }

    MetricsPage counter(String name, String help, LongSupplier value) {
        return family(name, "counter", help).count(name, value);
    }

    MetricsPage sample(String name, DoubleSupplier value, String... more) {
        var start = start(name, more);
        items.add(out -> {
            out.put(start);
            out.line(value.getAsDouble());
        });
        return this;
    }

    MetricsPage count(String name, LongSupplier value, String... more) {
        var start = start(name, more);
        items.add(out -> {
            out.put(start);
            out.line(value.getAsLong());
        });
        return this;
    }

    /** Text that is made anew for each page. */
    MetricsPage text(Supplier<String> text) {
        items.add(out -> out.put(text.get()));
        return this;
    }

    MetricsPage histogram(String name, String help, Histogram histogram) {
        family(name, "histogram", help);
        var starts = new byte[histogram.size() + 1][];
        for (int i = 0; i < starts.length; i++) {
            var bound = i < histogram.size() ? String.valueOf(histogram.bound(i)) : "+Inf";
            starts[i] = start(name + "_bucket", "le", bound);
        }
        var count = start(name + "_count");
        var sum = start(name + "_sum");
        items.add(out -> {
            long cumulative = 0;
            for (int i = 0; i < starts.length; i++) {
                cumulative += histogram.count(i);
                out.put(starts[i]);
                out.line(cumulative);
            }
            out.put(count);
            out.line(histogram.total());
            out.put(sum);
            out.line(histogram.sum());
        });
        return this;
    }

    private byte[] start(String name, String... more) {
        var all = new TreeMap<String, String>();
        for (int i = 0; i < labels.length; i += 2) {
            all.put(labels[i], labels[i + 1]);
        }
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return bytes(name + labels(all) + " ");
    }

    static String labels(SortedMap<String, String> all) {
        var out = new StringBuilder();
        all.forEach((name, value) -> out.append(out.isEmpty() ? "{" : ",")
                .append(name)
                .append("=\"")
                .append(value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"))
                .append('"'));
        return out.append('}').toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
