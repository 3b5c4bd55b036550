package io.kvasir.load.study;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.load.replay.arm.Arms;
import io.kvasir.load.report.ReportData;
import io.kvasir.load.report.ReportData.Column;
import io.kvasir.load.report.ReportData.Compared;
import io.kvasir.load.study.Figure.Of;
import io.kvasir.load.study.RunRecord.Replica;
import io.kvasir.load.study.Study.Cell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Makes of a study's results what its page shows. */
final class StudyPage {
    private static final int CALIBRATION_POINTS = 200;

    private static final List<Figure> RANGED =
            List.of(Figure.TTFT_P90, Figure.E2E_P90, Figure.TPOT_P90, Figure.GOODPUT);

    private static final List<Figure> LEAD = List.of(
            Figure.TTFT_P50,
            Figure.TTFT_P90,
            Figure.TTFT_P99,
            Figure.TPOT_P90,
            Figure.E2E_P90,
            Figure.GOODPUT,
            Figure.HIT);

    private final StudyResults results;

    StudyPage(StudyResults results) {
        this.results = results;
    }

    /** The report. */
    JsonNode json() {
        var study = results.study();
        var arms = study.arms().stream()
                .filter(arm -> study.cells().stream()
                        .anyMatch(cell -> !results.of(cell, arm).isEmpty()))
                .toList();
        var report = new ReportData(
                study.name(),
                study.question(),
                study.conditions() + "; seeds " + study.seeds() + ". Virtual seconds.",
                "Small ranges are 95 % intervals. Columns with ÷ and − compare with " + results.baseline()
                        + " on the same requests: green is better and red worse where the 95 % interval leaves out equality.",
                List.of("pool", "workload", "load"),
                arms,
                results.baseline());
        report.columns(
                Arrays.stream(Figure.values())
                        .map(figure -> new Column(
                                figure.key(),
                                figure.title(),
                                figure.shown(1),
                                RANGED.contains(figure),
                                LEAD.contains(figure)))
                        .toList(),
                StudyFiles.COMPARED.stream()
                        .map(figure -> figure == Figure.GOODPUT
                                ? new Compared(figure.key(), "goodput − base, points", 100, 0, false)
                                : new Compared(figure.key(), figure.title().replace(" s", "") + " ÷ base", 1, 1, true))
                        .toList());
        report.overview(
                Figure.TTFT_P90.key(),
                " s",
                "p90 of TTFT: of " + results.baseline()
                        + " in seconds, of the others as a multiple of that. Green: better than it, red: worse, where the 95 % interval leaves out equality.");
        for (var cell : study.cells()) {
            if (!results.arms(cell).isEmpty()) {
                cell(report, cell);
            }
        }
        return report.json();
    }

    private void cell(ReportData report, Cell cell) {
        var arms = results.arms(cell);
        var one = results.of(cell, arms.getFirst()).values().iterator().next();
        var into = report.cell(
                cell.label(),
                cell.label() + ": " + StudyTable.rate(results, cell) + ".",
                Map.of(
                        "pool",
                        cell.pool(),
                        "workload",
                        cell.workload(),
                        "load",
                        cell.load().toString()),
                one.replicas().stream().map(Replica::name).toList());
        for (var arm : arms) {
            var runs = results.of(cell, arm).values();
            var of = into.arm(arm, Arms.named(arm).source(), runs.size());
            for (var figure : Figure.values()) {
                of.figure(figure.key(), results.figure(cell, arm, figure));
            }
            if (!arm.equals(results.baseline())) {
                StudyFiles.COMPARED.forEach(figure -> of.versus(figure.key(), results.versus(cell, arm, figure)));
            }
            of.line("ttftCdf", ReportData.cdf(sorted(runs, Of.TTFT)));
            of.line("e2eCdf", ReportData.cdf(sorted(runs, Of.E2E)));
            of.line("hit", hits(runs));
            of.replicas(shares(runs));
            of.parts("picks", ReportData.percent(byClass(runs, Replica::requests)));
            of.parts("busy", byClass(runs, Replica::busySeconds));
            of.line("regret", regret(runs));
            of.line("calibration", calibration(runs));
        }
    }

    private static double[] sorted(Collection<RunRecord> runs, Of of) {
        return runs.stream()
                .flatMapToDouble(run -> Arrays.stream(run.values(of)))
                .filter(value -> !Double.isNaN(value))
                .sorted()
                .toArray();
    }

    private static List<double[]> hits(Collection<RunRecord> runs) {
        var points = new ArrayList<double[]>();
        int bins = runs.stream().mapToInt(run -> run.hits().size()).min().orElse(0);
        for (int i = 0; i < bins; i++) {
            double at = 0;
            double cached = 0;
            double ideal = 0;
            for (var run : runs) {
                double[] bin = run.hits().get(i);
                at += bin[0] / runs.size();
                cached += bin[1];
                ideal += bin[2];
            }
            points.add(new double[] {at, 100 * cached / ideal});
        }
        return points;
    }

    private static double[] shares(Collection<RunRecord> runs) {
        int replicas = runs.iterator().next().replicas().size();
        double[] shares = new double[replicas];
        double all = 0;
        for (var run : runs) {
            for (int i = 0; i < replicas; i++) {
                shares[i] += run.replicas().get(i).requests();
                all += run.replicas().get(i).requests();
            }
        }
        for (int i = 0; i < replicas; i++) {
            shares[i] *= 100 / all;
        }
        return shares;
    }

    private static Map<String, Double> byClass(Collection<RunRecord> runs, ToDoubleFunction<Replica> value) {
        var sums = new TreeMap<String, Double>();
        for (var run : runs) {
            for (var replica : run.replicas()) {
                sums.merge(replica.device(), value.applyAsDouble(replica) / runs.size(), Double::sum);
            }
        }
        return sums;
    }

    private static List<double[]> regret(Collection<RunRecord> runs) {
        double[] all = runs.stream()
                .flatMapToDouble(run -> Arrays.stream(run.regret()))
                .sorted()
                .toArray();
        return ReportData.cdf(all);
    }

    private static List<double[]> calibration(Collection<RunRecord> runs) {
        var all = runs.stream().flatMap(run -> run.calibration().stream()).toList();
        int every = Math.max(1, all.size() / CALIBRATION_POINTS);
        var some = new ArrayList<double[]>();
        for (int i = 0; i < all.size(); i += every) {
            some.add(all.get(i));
        }
        return some;
    }
}
