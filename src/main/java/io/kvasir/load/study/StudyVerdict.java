package io.kvasir.load.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.load.study.Study.Cell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where the base of a study is the best, and by whom it is beaten where it is not. Its rivals are all arms but its own variants,
 * whose names begin with its own, and those that know what no router can.
 */
final class StudyVerdict {
    /** As good as the best, by a ratio. */
    private static final double ALIKE = 1.03;

    private static final String KNOWING = "informed-";
    private static final String GREEDY = "informed-greedy";

    private final StudyResults results;
    private final String base;

    /**
     * How the base does beside the best other arm by one figure.
     *
     * @param best which that is
     * @param ratio above 1 where the base is worse: of times its own to the other's, of goodput the other's to its own; over
     *     the seeds that both have
     * @param merit the other's figure, more where it is better
     */
    record Beside(String best, double ratio, double merit) {
        boolean isLost() {
            return ratio > ALIKE;
        }
    }

    /**
     * What is to be said of one cell.
     *
     * @param ttft p90 of the time to the first token beside the best rival's
     * @param goodput beside the best rival's
     * @param e2e p90 of the time to the last token beside the best rival's
     * @param informed p90 of the time to the first token as a ratio of the informed greedy's; NaN without one
     */
    record Of(Cell cell, Beside ttft, Beside goodput, Beside e2e, double informed) {
        /** Whether the base is the best or nearly, in time to the first token and in goodput. */
        boolean isWon() {
            return !ttft.isLost() && !goodput.isLost();
        }
    }

    StudyVerdict(StudyResults results) {
        this.results = results;
        base = results.baseline();
    }

    /** Of each cell in which the base and a rival have runs with the same seed. */
    List<Of> cells() {
        return results.study().cells().stream()
                .map(this::of)
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<Of> of(Cell cell) {
        var rivals = results.arms(cell).stream()
                .filter(arm -> isRival(arm) && isBeside(cell, arm))
                .toList();
        if (rivals.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Of(
                cell,
                beside(cell, rivals, Figure.TTFT_P90),
                beside(cell, rivals, Figure.GOODPUT),
                beside(cell, rivals, Figure.E2E_P90),
                isBeside(cell, GREEDY) ? beside(cell, GREEDY, Figure.TTFT_P90).ratio : Double.NaN));
    }

    /** Whether base and arm had the same requests and engines at least once; another seed has others. */
    private boolean isBeside(Cell cell, String arm) {
        return !results.shared(cell, base, arm).isEmpty();
    }

    private boolean isRival(String arm) {
        return !arm.startsWith(KNOWING) && !arm.equals(base) && !arm.startsWith(base + "-");
    }

    private Beside beside(Cell cell, List<String> others, Figure figure) {
        return others.stream()
                .map(other -> beside(cell, other, figure))
                .max(Comparator.comparingDouble(Beside::ratio).thenComparingDouble(Beside::merit))
                .orElseThrow();
    }

    private Beside beside(Cell cell, String other, Figure figure) {
        var seeds = results.shared(cell, base, other);
        double mine = results.value(cell, base, figure, seeds);
        double theirs = results.value(cell, other, figure, seeds);
        return figure == Figure.GOODPUT
                ? new Beside(other, ratio(theirs, mine, 0), theirs)
                : new Beside(other, ratio(mine, theirs, Double.POSITIVE_INFINITY), -theirs);
    }

    /** @param none what who answered nothing has */
    private static double ratio(double one, double other, double none) {
        double above = Double.isNaN(one) ? none : one;
        double below = Double.isNaN(other) ? none : other;
        return above == below ? 1 : above / below;
    }

    /** A table of all cells, and what they say together; empty where there is nothing to compare. */
    String text() {
        var cells = cells();
        if (cells.isEmpty()) {
            return "";
        }
        var rows = new ArrayList<List<String>>();
        rows.add(List.of(
                "cell",
                "TTFT p90 to best rival",
                "goodput, best rival's to it",
                "E2E p90 to best rival",
                "TTFT p90 to " + GREEDY,
                "best or within 3 %"));
        for (var of : cells) {
            rows.add(List.of(
                    of.cell.label(),
                    told(of.ttft),
                    told(of.goodput),
                    told(of.e2e),
                    StudyTable.number(of.informed),
                    of.isWon() ? "yes" : "no"));
        }
        var out = new StringBuilder("\n### ").append(base).append(" beside the best rival\n\n");
        StudyTable.print(rows, out);
        return out.append('\n').append(summary(cells)).toString();
    }

    private static String told(Beside beside) {
        return StudyTable.number(beside.ratio) + " (" + beside.best + ")";
    }

    private String summary(List<Of> cells) {
        var worst = worst(cells);
        long won = cells.stream().filter(Of::isWon).count();
        var lost = new StringBuilder();
        for (var of : cells) {
            if (!of.isWon()) {
                lost.append("\n- lost: ").append(of.cell.label());
                tell("TTFT p90", of.ttft, lost);
                tell("goodput", of.goodput, lost);
            }
        }
        return String.format(
                Locale.ROOT,
                "%s is the best or within 3 %% of the best rival in TTFT p90 and goodput in %d of %d cells (%.0f %%). "
                        + "E2E p90 is %s of the best rival's at most (%s, %s). TTFT p90 is %s of %s's in the median "
                        + "cell.%s%n",
                base,
                won,
                cells.size(),
                100.0 * won / cells.size(),
                StudyTable.number(worst.e2e.ratio),
                worst.cell.label(),
                worst.e2e.best,
                StudyTable.number(medianInformed(cells)),
                GREEDY,
                lost);
    }

    private static void tell(String figure, Beside beside, StringBuilder out) {
        if (beside.isLost()) {
            out.append(", ").append(figure).append(' ').append(told(beside));
        }
    }

    private static Of worst(List<Of> cells) {
        return cells.stream()
                .max(Comparator.comparingDouble(of -> Double.isNaN(of.e2e.ratio) ? 0 : of.e2e.ratio))
                .orElseThrow();
    }

    private static double medianInformed(List<Of> cells) {
        double[] known = cells.stream()
                .mapToDouble(Of::informed)
                .filter(Double::isFinite)
                .sorted()
                .toArray();
        int half = known.length / 2;
        return known.length == 0
                ? Double.NaN
                : known.length % 2 == 1
                        ? known[half]
                        : Arrays.stream(known, half - 1, half + 1).average().orElse(Double.NaN);
    }

    /** Adds the same to a study's JSON. */
    void json(ObjectNode into) {
        var cells = cells();
        if (cells.isEmpty()) {
            return;
        }
        var node = into.putObject("verdict");
        node.put("base", base)
                .put("cells", cells.size())
                .put("won", cells.stream().filter(Of::isWon).count());
        put(node, "worstE2eP90ToBestRival", worst(cells).e2e.ratio);
        put(node, "medianTtftP90ToInformedGreedy", medianInformed(cells));
        var each = node.putArray("each");
        for (var of : cells) {
            var one = each.addObject()
                    .put("pool", of.cell.pool())
                    .put("workload", of.cell.workload())
                    .put("load", of.cell.load().toString())
                    .put("won", of.isWon());
            put(one.putObject("ttftP90").put("best", of.ttft.best), "ratio", of.ttft.ratio);
            put(one.putObject("goodput").put("best", of.goodput.best), "ratio", of.goodput.ratio);
            put(one.putObject("e2eP90").put("best", of.e2e.best), "ratio", of.e2e.ratio);
            put(one, "ttftP90ToInformedGreedy", of.informed);
        }
    }

    private static void put(ObjectNode into, String key, double value) {
        if (Double.isFinite(value)) {
            into.put(key, value);
        }
    }
}
