package io.kvasir.load.study;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.load.statistics.Interval;
import io.kvasir.load.study.Study.Cell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A study's figures for other programs: JSON, and CSV with a line for each arm, cell and figure. */
final class StudyFiles {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** What is compared with the baseline. */
    static final List<Figure> COMPARED =
            List.of(Figure.TTFT_P50, Figure.TTFT_P90, Figure.TTFT_P99, Figure.TPOT_P90, Figure.E2E_P90, Figure.GOODPUT);

    private final StudyResults results;

    StudyFiles(StudyResults results) {
        this.results = results;
    }

    /** Writes all figures as JSON. */
    void json(Path file) throws IOException {
        var study = results.study();
        var node = JSON.createObjectNode();
        node.put("study", study.name())
                .put("question", study.question())
                .put("conditions", study.conditions())
                .put("baseline", results.baseline());
        var cells = node.putArray("cells");
        for (var cell : study.cells()) {
            var arms = results.arms(cell);
            if (!arms.isEmpty()) {
                var into = cells.addObject();
                into.put("pool", cell.pool())
                        .put("workload", cell.workload())
                        .put("load", cell.load().toString());
                var all = into.putObject("arms");
                arms.forEach(arm -> arm(all.putObject(arm), cell, arm));
            }
        }
        new StudyVerdict(results).json(node);
        write(file, JSON.writeValueAsString(node) + "\n");
    }

    private void arm(ObjectNode into, Cell cell, String arm) {
        into.putArray("seeds")
                .addAll(results.of(cell, arm).keySet().stream()
                        .map(into::numberNode)
                        .toList());
        var figures = into.putObject("figures");
        for (var figure : Figure.values()) {
            put(figures, figure.key(), results.figure(cell, arm, figure));
        }
        if (!arm.equals(results.baseline())) {
            var versus = into.putObject("versusBaseline");
            COMPARED.forEach(figure -> put(versus, figure.key(), results.versus(cell, arm, figure)));
        }
    }

    private static void put(ObjectNode into, String key, Interval interval) {
        if (Double.isFinite(interval.value())) {
            var node = into.putObject(key).put("value", interval.value());
            if (Double.isFinite(interval.low())) {
                node.put("low", interval.low()).put("high", interval.high());
            }
        }
    }

    /** Writes all figures as CSV. */
    void csv(Path file) throws IOException {
        var out =
                new StringBuilder("pool,workload,load,arm,seeds,figure,value,low,high,versus,versus_low,versus_high\n");
        for (var cell : results.study().cells()) {
            for (var arm : results.arms(cell)) {
                for (var figure : Figure.values()) {
                    var value = results.figure(cell, arm, figure);
                    if (Double.isFinite(value.value())) {
                        boolean compared = COMPARED.contains(figure) && !arm.equals(results.baseline());
                        out.append(String.format(
                                "\"%s\",%s,%s,%s,%d,%s,%s,%s%n",
                                cell.pool(),
                                cell.workload(),
                                cell.load(),
                                arm,
                                results.of(cell, arm).size(),
                                figure.key(),
                                three(value),
                                compared ? three(results.versus(cell, arm, figure)) : ",,"));
                    }
                }
            }
        }
        write(file, out.toString());
    }

    private static String three(Interval interval) {
        return plain(interval.value()) + "," + plain(interval.low()) + "," + plain(interval.high());
    }

    private static String plain(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.6g", value) : "";
    }

    private static void write(Path file, String text) throws IOException {
        var folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(file, text);
    }
}
