package io.kvasir.load.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.load.statistics.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a page shows: cells (what all arms met alike), in each the arms with figures and series. The page's script reads the
 * JSON that this makes. Numbers are told to five digits; NaN is a gap.
 */
public final class ReportData {
    private static final int CDF_POINTS = 48;

    private final ObjectNode root = JsonNodeFactory.instance.objectNode();
    private final ArrayNode cells;

    /**
     * A column of the table of arms.
     *
     * @param key of the figure
     * @param title with its unit
     * @param scale from the figure's value to what is shown
     * @param range whether its interval is shown
     * @param lead whether it stands before the columns that compare
     */
    public record Column(String key, String title, double scale, boolean range, boolean lead) {}

    /**
     * A column that compares with the baseline.
     *
     * @param key of the figure
     * @param title of the column
     * @param scale from the value to what is shown
     * @param even the value where both are alike
     * @param lessIsBetter whether a smaller figure is the better one
     */
    public record Compared(String key, String title, double scale, double even, boolean lessIsBetter) {}

    /**
     * A report.
     *
     * @param title of the page
     * @param question that it answers
     * @param notes on how the runs were made
     * @param about the table of arms
     * @param facets by which a cell is chosen
     * @param arms names, in order
     * @param baseline the arm that the others are compared with
     */
    public ReportData(
            String title,
            String question,
            String notes,
            String about,
            List<String> facets,
            List<String> arms,
            String baseline) {
        root.put("title", title).put("question", question).put("notes", notes).put("about", about);
        facets.forEach(root.putArray("facets")::add);
        arms.forEach(root.putArray("arms")::add);
        root.put("baseline", baseline);
        root.putArray("columns");
        root.putArray("compared");
        cells = root.putArray("cells");
    }

    /** Columns of the table of arms. */
    public void columns(List<Column> columns, List<Compared> compared) {
        for (var column : columns) {
            root.withArray("columns")
                    .addObject()
                    .put("key", column.key)
                    .put("title", column.title)
                    .put("scale", column.scale)
                    .put("range", column.range)
                    .put("lead", column.lead);
        }
        for (var column : compared) {
            root.withArray("compared")
                    .addObject()
                    .put("key", column.key)
                    .put("title", column.title)
                    .put("scale", column.scale)
                    .put("even", column.even)
                    .put("less", column.lessIsBetter);
        }
    }

    /** Which figure the table of all cells compares by. */
    public void overview(String key, String unit, String about) {
        root.putObject("overview").put("key", key).put("unit", unit).put("about", about);
    }

    /**
     * Adds a cell.
     *
     * @param label unique
     * @param about it, a line
     * @param facets its value of each facet
     * @param replicas names in the order of {@link Arm#replicas}; empty where nobody knows
     */
    public Cell cell(String label, String about, Map<String, String> facets, List<String> replicas) {
        var node = cells.addObject().put("label", label).put("about", about);
        facets.forEach(node.putObject("facets")::put);
        replicas.forEach(node.putArray("replicas")::add);
        return new Cell(node.putArray("arms"));
    }

    /** The report as JSON. */
    public ObjectNode json() {
        return root;
    }

    /** A cell, to which arms are added. */
    public static final class Cell {
        private final ArrayNode arms;

        private Cell(ArrayNode arms) {
            this.arms = arms;
        }

        /**
         * Adds an arm.
         *
         * @param source of its formula; empty where there is nothing to say
         * @param runs how many there are
         */
        public Arm arm(String name, String source, int runs) {
            return new Arm(
                    arms.addObject().put("name", name).put("source", source).put("runs", runs));
        }
    }

    /** An arm, to which figures and series are added. */
    public static final class Arm {
        private final ObjectNode node;

        private Arm(ObjectNode node) {
            this.node = node;
            node.putObject("figures");
        }

        /** A figure with its interval; nothing where there is no value. */
        public void figure(String key, Interval value) {
            triple(node.withObject("/figures"), key, value);
        }

        /** A figure beside the baseline's. */
        public void versus(String key, Interval value) {
            triple(node.withObject("/versus"), key, value);
        }

        /** Points of a line. */
        public void line(String key, List<double[]> points) {
            var rows = node.putArray(key);
            for (double[] point : points) {
                var row = rows.addArray();
                number(row, point[0]);
                number(row, point[1]);
            }
        }

        /** Shares or sums by what is named. */
        public void parts(String key, Map<String, Double> parts) {
            var into = node.putObject(key);
            parts.forEach((name, value) -> into.put(name, rounded(value)));
        }

        /** What each replica has, in the cell's order. */
        public void replicas(double[] values) {
            var into = node.putArray("replicas");
            for (double value : values) {
                number(into, value);
            }
        }

        private static void triple(ObjectNode into, String key, Interval value) {
            if (!Double.isNaN(value.value())) {
                var triple = into.putArray(key);
                number(triple, value.value());
                number(triple, value.low());
                number(triple, value.high());
            }
        }

        private static void number(ArrayNode into, double value) {
            if (Double.isFinite(value)) {
                into.add(rounded(value));
            } else {
                into.addNull();
            }
        }
    }

    /**
     * Points of a cumulative distribution: a value, and the percentage of values that do not exceed it; closer together where
     * the tail is.
     *
     * @param sorted ascending
     */
    public static List<double[]> cdf(double[] sorted) {
        var points = new ArrayList<double[]>();
        if (sorted.length == 0) {
            return points;
        }
        int last = -1;
        for (int i = 0; i <= CDF_POINTS; i++) {
            // evenly up to nine tenths, then ten times as close
            double share = i <= 36 ? i / 40.0 : 0.9 + (i - 36) / 120.0;
            int at = Math.min(sorted.length - 1, (int) Math.round(share * (sorted.length - 1)));
            if (at != last) {
                points.add(new double[] {sorted[at], 100.0 * (at + 1) / sorted.length});
                last = at;
            }
        }
        return points;
    }

    /** Shares of a whole in per cent, in the order of the parts; empty where the whole is nothing. */
    public static Map<String, Double> percent(Map<String, ? extends @Nullable Number> parts) {
        double whole = parts.values().stream()
                .mapToDouble(part -> part == null ? 0 : part.doubleValue())
                .sum();
        var shares = new LinkedHashMap<String, Double>();
        if (whole > 0) {
            parts.forEach((name, part) -> shares.put(name, part == null ? 0 : 100 * part.doubleValue() / whole));
        }
        return shares;
    }

    private static double rounded(double value) {
        if (value == 0 || !Double.isFinite(value)) {
            return value;
        }
        double scale = Math.pow(10, 4 - Math.floor(Math.log10(Math.abs(value))));
        return Math.rint(value * scale) / scale;
    }
}
