package io.kvasir.load.study;

import io.kvasir.load.statistics.Interval;
import io.kvasir.load.study.Figure.Of;
import io.kvasir.load.study.Study.Cell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A study's results as Markdown: a table for each cell, a row for each arm. */
final class StudyTable {
    private static final List<Figure> COLUMNS = List.of(
            Figure.TTFT_P50,
            Figure.TTFT_P90,
            Figure.TTFT_P99,
            Figure.TPOT_P90,
            Figure.E2E_P90,
            Figure.GOODPUT,
            Figure.HIT,
            Figure.UNFINISHED,
            Figure.OTHERWISE,
            Figure.REGRET);

    private final StudyResults results;

    StudyTable(StudyResults results) {
        this.results = results;
    }

    /** One run in a line. */
    static String line(RunRecord run) {
        return String.format(
                Locale.ROOT,
                "%.2f/s, TTFT p90 %s s, goodput %s %%, hit %s %%, %s decisions/s, %s steps/s",
                run.rate(),
                number(Figure.TTFT_P90.quantity().orElseThrow().of(known(run, Of.TTFT))),
                number(100 * Figure.GOODPUT.quantity().orElseThrow().of(known(run, Of.GOOD))),
                number(100 * run.figure(Figure.HIT)),
                number(run.figure(Figure.DECISIONS_PER_SECOND)),
                number(run.figure(Figure.STEPS_PER_SECOND)));
    }

    private static double[] known(RunRecord run, Of of) {
        double[] values = run.values(of).clone();
        int known = 0;
        for (double value : values) {
            if (!Double.isNaN(value)) {
                values[known++] = value;
            }
        }
        return Arrays.copyOf(values, known);
    }

    /** All tables. */
    String text() {
        var study = results.study();
        var out = new StringBuilder("## " + study.name() + "\n\n");
        if (!study.question().isEmpty()) {
            out.append(study.question()).append("\n\n");
        }
        out.append(study.conditions())
                .append(
                        ".\n\nVirtual seconds. In brackets 95 % intervals; \"to base\": p90 TTFT as a ratio of that of ")
                .append(results.baseline())
                .append(", and how much more or less goodput, from the same requests.\n");
        for (var cell : study.cells()) {
            if (!results.arms(cell).isEmpty()) {
                out.append("\n### ")
                        .append(cell.label())
                        .append(" (")
                        .append(rate(results, cell))
                        .append(")\n\n");
                print(rows(cell), out);
            }
        }
        return out.toString();
    }

    /** Requests a second of a cell, which differ by seed where they are a share of what its engines bear. */
    static String rate(StudyResults results, Cell cell) {
        var rates = results.of(cell, results.arms(cell).getFirst()).values().stream()
                .mapToDouble(RunRecord::rate)
                .summaryStatistics();
        return rates.getMin() == rates.getMax()
                ? String.format(Locale.ROOT, "%.2f requests a second", rates.getMin())
                : String.format(Locale.ROOT, "%.2f to %.2f requests a second by seed", rates.getMin(), rates.getMax());
    }

    private List<List<String>> rows(Cell cell) {
        var rows = new ArrayList<List<String>>();
        var head = new ArrayList<>(List.of("arm", "seeds"));
        COLUMNS.forEach(figure -> head.add(figure.title()));
        head.addAll(List.of("TTFT p90 to base", "goodput to base, points"));
        rows.add(head);
        for (var arm : results.arms(cell)) {
            var row = new ArrayList<>(
                    List.of(arm, Integer.toString(results.of(cell, arm).size())));
            for (var figure : COLUMNS) {
                var interval = results.figure(cell, arm, figure);
                row.add(figure == Figure.TTFT_P90 ? bracketed(interval, 1) : number(figure.shown(interval.value())));
            }
            boolean base = arm.equals(results.baseline());
            row.add(base ? "1" : bracketed(results.versus(cell, arm, Figure.TTFT_P90), 1));
            row.add(base ? "0" : bracketed(results.versus(cell, arm, Figure.GOODPUT), 100));
            rows.add(row);
        }
        return rows;
    }

    private static String bracketed(Interval interval, double factor) {
        return Double.isNaN(interval.value())
                ? "-"
                : number(factor * interval.value()) + " [" + number(factor * interval.low()) + ", "
                        + number(factor * interval.high()) + "]";
    }

    /** Three digits that count. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            return "-";
        }
        double size = Math.abs(value);
        String format = size >= 100 || size == 0 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    static void print(List<List<String>> rows, StringBuilder out) {
        int[] widths = new int[rows.getFirst().size()];
        for (var row : rows) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], row.get(c).length());
            }
        }
        for (int r = 0; r < rows.size(); r++) {
            for (int c = 0; c < widths.length; c++) {
                String text = rows.get(r).get(c);
                out.append("| ").append(text).append(" ".repeat(widths[c] - text.length() + 1));
            }
            out.append("|\n");
            if (r == 0) {
                out.append("|---".repeat(widths.length)).append("|\n");
            }
        }
    }
}
