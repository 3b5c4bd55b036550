package io.kvasir.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** Tables of a scenario's runs: one for each rate, a row for each policy, medians over seeds. */
final class ScenarioReport {
    private final Scenario scenario;
    private final Map<Arm, RunSummary> runs = new LinkedHashMap<>();

    ScenarioReport(Scenario scenario) {
        this.scenario = scenario;
    }

    void add(Arm arm, RunSummary summary) {
        runs.put(arm, summary);
    }

    /** Whether there is no run. */
    boolean isEmpty() {
        return runs.isEmpty();
    }

    /** Whether any request of any run failed; those given up as unfinished do not count. */
    boolean hasFailures() {
        return runs.values().stream().anyMatch(run -> run.failed() > 0);
    }

    /** One run in a line. */
    static String line(Arm arm, RunSummary run) {
        return String.format(
                Locale.ROOT,
                "%s: %d of %d answered, TTFT p50 %.2f p90 %.2f p99 %.2f s, E2E p90 %.1f s, hit %s, lag p99 %.3f s%s",
                arm,
                run.complete(),
                run.requests(),
                run.ttft().p50(),
                run.ttft().p90(),
                run.ttft().p99(),
                run.e2e().p90(),
                percent(run.hitShare()),
                run.lag().p99(),
                run.errors().isEmpty() ? "" : ", errors " + run.errors());
    }

    /** Name of the scenario. */
    String name() {
        return scenario.name();
    }

    /** What its page shows. */
    JsonNode page() {
        return new ScenarioPage(scenario, runs).json();
    }

    /** All tables, as Markdown. */
    String text() {
        var out = new StringBuilder();
        out.append("## ").append(scenario.name()).append("\n\n");
        if (!scenario.question().isEmpty()) {
            out.append(scenario.question()).append("\n\n");
        }
        out.append(scenario.settings())
                .append(".\n\n")
                .append("Simulated seconds. Of several seeds: the median, and in brackets the least and the most. ")
                .append("Hit: cached tokens as a share of what one cache that never evicts would find. ")
                .append("Lag: p99 of how late the client sent.\n");
        for (var rate : scenario.rates()) {
            table(rate, out);
        }
        return out.toString();
    }

    private void table(Rate rate, StringBuilder out) {
        var classes = new TreeSet<String>();
        var offered = new ArrayList<Double>();
        var policies = new LinkedHashMap<String, List<RunSummary>>();
        runs.forEach((arm, run) -> {
            if (arm.rate().equals(rate)) {
                policies.computeIfAbsent(arm.policy(), _ -> new ArrayList<>()).add(run);
                classes.addAll(run.byClass().keySet());
                offered.add(run.offered());
            }
        });
        if (policies.isEmpty()) {
            return;
        }
        var rows = new ArrayList<List<String>>();
        var header = new ArrayList<>(List.of(
                "policy",
                "seeds",
                "TTFT p50",
                "TTFT p90",
                "TTFT p99",
                "E2E p90",
                "TPOT p50",
                "hit",
                "failed",
                "unfinished",
                "lag"));
        classes.forEach(c -> header.add("to " + c));
        rows.add(header);
        policies.forEach((policy, of) -> {
            var row = new ArrayList<String>();
            row.add(policy);
            row.add(Integer.toString(of.size()));
            row.add(range(of, r -> r.ttft().p50(), "%.2f"));
            row.add(range(of, r -> r.ttft().p90(), "%.2f"));
            row.add(range(of, r -> r.ttft().p99(), "%.2f"));
            row.add(range(of, r -> r.e2e().p90(), "%.1f"));
            row.add(range(of, r -> r.tpot().p50(), "%.4f"));
            row.add(Double.isNaN(of.getFirst().hitShare()) ? "-" : range(of, r -> 100 * r.hitShare(), "%.0f") + " %");
            row.add(range(of, RunSummary::failed, "%.0f"));
            row.add(range(of, RunSummary::unfinished, "%.0f"));
            row.add(range(of, r -> r.lag().p99(), "%.3f"));
            classes.forEach(c -> row.add(percent(median(of, r -> r.share(c)))));
            rows.add(row);
        });
        out.append(String.format(
                Locale.ROOT,
                "%nRate %s: %s requests a second%n%n",
                rate,
                bracketed(offered.stream().mapToDouble(d -> d).toArray(), "%.2f")));
        print(rows, out);
    }

    private static void print(List<List<String>> rows, StringBuilder out) {
        for (int r = 0; r < rows.size(); r++) {
            for (int c = 0; c < rows.getFirst().size(); c++) {
                int column = c;
                int width = rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0);
                out.append("| ").append(pad(rows.get(r).get(c), width)).append(' ');
            }
            out.append("|\n");
            if (r == 0) {
                out.append("|---".repeat(rows.getFirst().size())).append("|\n");
            }
        }
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    private static double median(List<RunSummary> of, ToDoubleFunction<RunSummary> value) {
        return middle(of.stream().mapToDouble(value).sorted().toArray());
    }

    private static double middle(double[] sorted) {
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static String range(List<RunSummary> of, ToDoubleFunction<RunSummary> value, String format) {
        return bracketed(of.stream().mapToDouble(value).toArray(), format);
    }

    private static String bracketed(double[] values, String format) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        var least = String.format(Locale.ROOT, format, sorted[0]);
        var most = String.format(Locale.ROOT, format, sorted[sorted.length - 1]);
        var middle = String.format(Locale.ROOT, format, middle(sorted));
        return least.equals(most) ? middle : middle + " [" + least + "–" + most + "]";
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }
}
