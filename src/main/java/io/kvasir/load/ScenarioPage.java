package io.kvasir.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.load.report.ReportData;
import io.kvasir.load.report.ReportData.Column;
import io.kvasir.load.statistics.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** Makes of a scenario's runs what its page shows: a cell for each rate, an arm for each policy. */
final class ScenarioPage {
    private static final List<Column> COLUMNS = List.of(
            new Column("ttft-p50", "TTFT p50 s", 1, false, true),
            new Column("ttft-p90", "TTFT p90 s", 1, true, true),
            new Column("ttft-p99", "TTFT p99 s", 1, false, true),
            new Column("gap-p50", "gap p50 s", 1, false, true),
            new Column("gap-p99", "gap p99 s", 1, false, true),
            new Column("tpot-p50", "TPOT p50 s", 1, false, true),
            new Column("tpot-p90", "TPOT p90 s", 1, false, true),
            new Column("e2e-p50", "E2E p50 s", 1, false, true),
            new Column("e2e-p90", "E2E p90 s", 1, true, true),
            new Column("e2e-p99", "E2E p99 s", 1, false, true),
            new Column("hit", "hit % of ideal", 100, true, true),
            new Column("requests", "requests", 1, false, true),
            new Column("failed", "failed", 1, false, true),
            new Column("unfinished", "unfinished", 1, false, true),
            new Column("lag-p99", "lag p99 s", 1, false, true));

    private static final Map<String, ToDoubleFunction<RunSummary>> FIGURES = new LinkedHashMap<>();

    static {
        FIGURES.put("ttft-p50", run -> run.ttft().p50());
        FIGURES.put("ttft-p90", run -> run.ttft().p90());
        FIGURES.put("ttft-p99", run -> run.ttft().p99());
        FIGURES.put("gap-p50", run -> run.gaps().p50());
        FIGURES.put("gap-p99", run -> run.gaps().p99());
        FIGURES.put("tpot-p50", run -> run.tpot().p50());
        FIGURES.put("tpot-p90", run -> run.tpot().p90());
        FIGURES.put("e2e-p50", run -> run.e2e().p50());
        FIGURES.put("e2e-p90", run -> run.e2e().p90());
        FIGURES.put("e2e-p99", run -> run.e2e().p99());
        FIGURES.put("hit", RunSummary::hitShare);
        FIGURES.put("requests", RunSummary::requests);
        FIGURES.put("failed", RunSummary::failed);
        FIGURES.put("unfinished", RunSummary::unfinished);
        FIGURES.put("lag-p99", run -> run.lag().p99());
    }

    private final Scenario scenario;
    private final Map<Arm, RunSummary> runs;

    ScenarioPage(Scenario scenario, Map<Arm, RunSummary> runs) {
        this.scenario = scenario;
        this.runs = runs;
    }

    /** The report. */
    JsonNode json() {
        var policies = runs.keySet().stream().map(Arm::policy).distinct().toList();
        var report = new ReportData(
                scenario.name(),
                scenario.question(),
                scenario.settings() + ". Simulated seconds.",
                "Of several seeds the median; small ranges are the least and the most.",
                List.of("rate"),
                policies,
                policies.isEmpty() ? "" : policies.getLast());
        report.columns(COLUMNS, List.of());
        report.overview("ttft-p90", " s", "p90 of TTFT in seconds.");
        for (var rate : scenario.rates()) {
            cell(report, rate, policies);
        }
        return report.json();
    }

    private void cell(ReportData report, Rate rate, List<String> policies) {
        var of = new LinkedHashMap<String, List<RunSummary>>();
        for (var policy : policies) {
            var some = runs.entrySet().stream()
                    .filter(run -> run.getKey().rate().equals(rate)
                            && run.getKey().policy().equals(policy))
                    .map(Map.Entry::getValue)
                    .toList();
            if (!some.isEmpty()) {
                of.put(policy, some);
            }
        }
        if (of.isEmpty()) {
            return;
        }
        var endpoints = new TreeSet<String>();
        of.values()
                .forEach(some -> some.forEach(
                        run -> endpoints.addAll(run.series().byEndpoint().keySet())));
        var cell = report.cell(
                rate.toString(),
                String.format(
                        Locale.ROOT,
                        "%s: %.2f requests a second.",
                        rate,
                        of.values().iterator().next().getFirst().offered()),
                Map.of("rate", rate.toString()),
                List.copyOf(endpoints));
        of.forEach((policy, some) -> arm(cell.arm(policy, "--policy " + policy, some.size()), some, endpoints));
    }

    private static void arm(ReportData.Arm arm, List<RunSummary> runs, Set<String> endpoints) {
        FIGURES.forEach((key, figure) -> arm.figure(key, range(runs, figure)));
        // plots are of one run: distributions of several cannot be put together from points
        var series = runs.getFirst().series();
        arm.line("ttftCdf", series.ttft());
        arm.line("e2eCdf", series.e2e());
        arm.line(
                "hit",
                series.hits().stream()
                        .map(bin -> new double[] {bin[0], 100 * bin[1] / bin[2]})
                        .toList());
        double all = series.byEndpoint().values().stream().mapToInt(i -> i).sum();
        arm.replicas(
                all == 0
                        ? new double[0]
                        : endpoints.stream()
                                .mapToDouble(name -> 100 * series.byEndpoint().getOrDefault(name, 0) / all)
                                .toArray());
        var byClass = new TreeMap<String, Double>();
        runs.forEach(run ->
                run.byClass().forEach((name, count) -> byClass.merge(name, (double) count / runs.size(), Double::sum)));
        arm.parts("picks", ReportData.percent(byClass));
    }

    private static Interval range(List<RunSummary> runs, ToDoubleFunction<RunSummary> figure) {
        var values = new ArrayList<Double>();
        runs.forEach(run -> values.add(figure.applyAsDouble(run)));
        double[] sorted = values.stream().mapToDouble(d -> d).sorted().toArray();
        int half = sorted.length / 2;
        double middle = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return Arrays.stream(sorted).anyMatch(Double::isNaN)
                ? Interval.UNKNOWN
                : new Interval(middle, sorted[0], sorted[sorted.length - 1]);
    }
}
