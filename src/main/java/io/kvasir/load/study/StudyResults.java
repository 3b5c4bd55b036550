package io.kvasir.load.study;

import io.kvasir.load.statistics.Interval;
import io.kvasir.load.statistics.PairedBootstrap;
import io.kvasir.load.statistics.PairedBootstrap.Values;
import io.kvasir.load.statistics.Quantity;
import io.kvasir.load.study.Figure.Of;
import io.kvasir.load.study.Study.Cell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** All runs of a study, and what they say together. Thread-safe while runs are added, then to be read only. */
final class StudyResults {
    private record Key(Cell cell, String arm) {}

    private record Asked(Cell cell, String arm, Figure figure, boolean versus) {}

    private final Study study;
    private final Map<Key, TreeMap<Long, RunRecord>> runs = new HashMap<>();
    /** Intervals that were drawn, which takes long; table, page and files ask for the same ones. */
    private final Map<Asked, Interval> drawn = new ConcurrentHashMap<>();

    private final PairedBootstrap bootstrap = PairedBootstrap.usual();

    StudyResults(Study study) {
        this.study = study;
    }

    /** Draws all intervals that files tell of, by all cores. */
    void drawAll() {
        study.cells().parallelStream()
                .forEach(cell -> arms(cell).parallelStream().forEach(arm -> {
                    for (var figure : Figure.values()) {
                        figure(cell, arm, figure);
                    }
                    if (!arm.equals(baseline())) {
                        StudyFiles.COMPARED.forEach(figure -> versus(cell, arm, figure));
                    }
                }));
    }

    /** Seeds with which both arms have a run in the cell. */
    Set<Long> shared(Cell cell, String arm, String other) {
        var seeds = new TreeSet<>(of(cell, arm).keySet());
        seeds.retainAll(of(cell, other).keySet());
        return seeds;
    }

    /** What a figure of an arm is over some of its seeds, without its interval; NaN where it has none. */
    double value(Cell cell, String arm, Figure figure, Set<Long> seeds) {
        var runs = of(cell, arm);
        var of = seeds.stream().map(runs::get).filter(Objects::nonNull).toList();
        var quantity = figure.quantity();
        if (quantity.isEmpty()) {
            return of.stream()
                    .mapToDouble(run -> run.figure(figure))
                    .filter(value -> !Double.isNaN(value))
                    .average()
                    .orElse(Double.NaN);
        }
        double[] known = of.stream()
                .flatMapToDouble(run -> Arrays.stream(run.values(value(figure))))
                .filter(value -> !Double.isNaN(value))
                .toArray();
        return known.length == 0 ? Double.NaN : quantity.get().of(known);
    }

    /** Which study they are of. */
    Study study() {
        return study;
    }

    /** Adds a run. */
    synchronized void add(Cell cell, String arm, long seed, RunRecord run) {
        drawn.clear();
        runs.computeIfAbsent(new Key(cell, arm), _ -> new TreeMap<>()).put(seed, run);
    }

    /** Runs of an arm in a cell, by seed. */
    synchronized Map<Long, RunRecord> of(Cell cell, String arm) {
        return runs.getOrDefault(new Key(cell, arm), new TreeMap<>());
    }

    /** Arms that have a run in the cell, in the study's order. */
    List<String> arms(Cell cell) {
        return study.arms().stream().filter(arm -> !of(cell, arm).isEmpty()).toList();
    }

    /** The arm that the others are compared with. */
    String baseline() {
        return study.arms().getFirst();
    }

    /**
     * A figure of an arm over all its seeds, with its interval. Of figures of a run as a whole the value is the mean over
     * seeds, and the interval reaches from the least to the most.
     */
    Interval figure(Cell cell, String arm, Figure figure) {
        return drawn.computeIfAbsent(new Asked(cell, arm, figure, false), _ -> draw(cell, arm, figure));
    }

    private Interval draw(Cell cell, String arm, Figure figure) {
        var of = of(cell, arm);
        var quantity = figure.quantity();
        if (quantity.isPresent()) {
            var values = new Values(
                    of.values().stream().map(run -> run.values(value(figure))).toList());
            return bootstrap.of(values, quantity.get());
        }
        double[] each = of.values().stream()
                .mapToDouble(run -> run.figure(figure))
                .filter(value -> !Double.isNaN(value))
                .sorted()
                .toArray();
        return each.length == 0
                ? Interval.UNKNOWN
                : new Interval(Arrays.stream(each).average().orElse(Double.NaN), each[0], each[each.length - 1]);
    }

    /**
     * What a figure of single requests is as a ratio of the baseline's, over the seeds that both have; of goodput, which may
     * be 0, the difference.
     */
    Interval versus(Cell cell, String arm, Figure figure) {
        return drawn.computeIfAbsent(new Asked(cell, arm, figure, true), _ -> compare(cell, arm, figure));
    }

    private Interval compare(Cell cell, String arm, Figure figure) {
        Quantity quantity = figure.quantity().orElseThrow();
        var mine = of(cell, arm);
        var base = of(cell, baseline());
        var one = new ArrayList<double[]>();
        var other = new ArrayList<double[]>();
        mine.forEach((seed, run) -> {
            var based = base.get(seed);
            if (based != null) {
                double[] left = run.values(value(figure));
                double[] right = based.values(value(figure));
                int length = Math.max(left.length, right.length);
                one.add(padded(left, length));
                other.add(padded(right, length));
            }
        });
        if (one.isEmpty()) {
            return Interval.UNKNOWN;
        }
        return figure == Figure.GOODPUT
                ? bootstrap.difference(new Values(one), new Values(other), quantity)
                : bootstrap.ratio(new Values(one), new Values(other), quantity);
    }

    private static Of value(Figure figure) {
        return figure.of().orElseThrow();
    }

    private static double[] padded(double[] values, int length) {
        double[] padded = Arrays.copyOf(values, length);
        Arrays.fill(padded, values.length, length, Double.NaN);
        return padded;
    }
}
