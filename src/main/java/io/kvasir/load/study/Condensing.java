package io.kvasir.load.study;

import io.kvasir.load.replay.ReplayResult;
import io.kvasir.load.replay.ReplicaResult;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.load.statistics.Quantity.Quantile;
import io.kvasir.load.study.Figure.Of;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** Makes of a run's result what is kept of it. */
final class Condensing {
    private static final int HIT_BINS = 40;
    private static final int CALIBRATION_POINTS = 120;
    private static final int REGRET_QUANTILES = 50;

    private final ReplayResult result;
    private final List<RequestResult> requests;
    private final int ids;

    private Condensing(ReplayResult result) {
        this.result = result;
        requests = result.requests();
        ids = requests.stream().mapToInt(r -> r.request().id() + 1).max().orElse(0);
    }

    /** Of a result. */
    static RunRecord of(ReplayResult result) {
        return new Condensing(result).record();
    }

    private RunRecord record() {
        var values = new EnumMap<Of, double[]>(Of.class);
        values.put(Of.TTFT, byId(r -> waited(r, r.ttftSeconds())));
        values.put(Of.TPOT, byId(RequestResult::tpotSeconds));
        values.put(Of.E2E, byId(r -> waited(r, r.e2eSeconds())));
        values.put(Of.GOOD, byId(r -> r.good() ? 1 : 0));
        var replicas = result.replicas().stream()
                .map(r -> new RunRecord.Replica(r.name(), r.device(), r.requests(), r.busySeconds()))
                .toList();
        return new RunRecord(
                result.rate(), result.digest(), figures(), values, replicas, hits(), calibration(), regret());
    }

    /** A time, or what a request without an end had waited when the run was over; NaN of one that was refused. */
    private double waited(RequestResult r, double seconds) {
        return !Double.isNaN(seconds)
                ? seconds
                : r.replica() < 0 ? Double.NaN : result.virtualSeconds() - r.arrivalSeconds();
    }

    private double[] byId(ToDoubleFunction<RequestResult> value) {
        double[] values = new double[ids];
        Arrays.fill(values, Double.NaN);
        for (var r : requests) {
            values[r.request().id()] = value.applyAsDouble(r);
        }
        return values;
    }

    private Map<Figure, Double> figures() {
        var figures = new EnumMap<Figure, Double>(Figure.class);
        figures.put(Figure.ITL_P50, result.gaps().quantile(0.5));
        figures.put(Figure.ITL_P90, result.gaps().quantile(0.9));
        figures.put(Figure.ITL_P99, result.gaps().quantile(0.99));
        double from = requests.stream()
                .mapToDouble(RequestResult::arrivalSeconds)
                .min()
                .orElse(0);
        double seconds = Math.max(1e-9, result.virtualSeconds() - from);
        figures.put(Figure.GOOD_PER_SECOND, count(RequestResult::good) / seconds);
        var begun = requests.stream().filter(r -> r.cachedTokens() >= 0).toList();
        figures.put(
                Figure.HIT,
                begun.stream().mapToDouble(RequestResult::cachedTokens).sum()
                        / begun.stream()
                                .mapToDouble(RequestResult::idealCachedTokens)
                                .sum());
        figures.put(
                Figure.OUTPUT_PER_SECOND,
                result.replicas().stream()
                                .mapToDouble(ReplicaResult::outputTokens)
                                .sum()
                        / result.virtualSeconds());
        var busy = result.replicas().stream()
                .mapToDouble(ReplicaResult::busySeconds)
                .summaryStatistics();
        figures.put(Figure.IMBALANCE, busy.getMax() / busy.getAverage());
        figures.put(Figure.REQUESTS, (double) requests.size());
        figures.put(Figure.UNFINISHED, count(r -> r.replica() >= 0 && !r.complete()));
        figures.put(Figure.REFUSED, count(r -> r.replica() < 0));
        figures.put(
                Figure.PREEMPTIONS,
                result.replicas().stream()
                        .mapToDouble(ReplicaResult::preemptions)
                        .sum());
        double asked = count(r -> !Double.isNaN(r.regretSeconds()));
        if (asked > 0) {
            figures.put(
                    Figure.OTHERWISE,
                    count(r -> !Double.isNaN(r.regretSeconds()) && r.replica() != r.oracleReplica()) / asked);
            figures.put(
                    Figure.REGRET,
                    requests.stream()
                                    .mapToDouble(RequestResult::regretSeconds)
                                    .filter(d -> !Double.isNaN(d))
                                    .sum()
                            / asked);
        }
        double[] off = requests.stream()
                .filter(Condensing::predicted)
                .mapToDouble(r -> Math.abs(r.predictedTtftSeconds() / r.ttftSeconds() - 1))
                .toArray();
        figures.put(Figure.PREDICTION_ERROR, new Quantile(0.5).of(off));
        figures.put(Figure.DECISIONS_PER_SECOND, result.decisions() / result.wallSeconds());
        figures.put(Figure.STEPS_PER_SECOND, result.steps() / result.wallSeconds());
        return figures;
    }

    private double count(Predicate<RequestResult> which) {
        return requests.stream().filter(which).count();
    }

    private static boolean predicted(RequestResult r) {
        return r.predictedTtftSeconds() > 0 && r.ttftSeconds() > 0;
    }

    private List<double[]> hits() {
        double[][] bins = new double[HIT_BINS][3];
        double from = requests.stream()
                .mapToDouble(RequestResult::arrivalSeconds)
                .min()
                .orElse(0);
        double to = requests.stream()
                .mapToDouble(RequestResult::arrivalSeconds)
                .max()
                .orElse(0);
        double width = Math.max(1e-9, (to - from) / HIT_BINS);
        for (int i = 0; i < HIT_BINS; i++) {
            bins[i][0] = from + (i + 0.5) * width;
        }
        for (var r : requests) {
            if (r.cachedTokens() >= 0) {
                double[] bin = bins[Math.clamp((int) ((r.arrivalSeconds() - from) / width), 0, HIT_BINS - 1)];
                bin[1] += r.cachedTokens();
                bin[2] += r.idealCachedTokens();
            }
        }
        return List.of(bins);
    }

    private List<double[]> calibration() {
        var all = requests.stream().filter(Condensing::predicted).toList();
        int points = Math.min(CALIBRATION_POINTS, all.size());
        var some = new ArrayList<double[]>(points);
        for (int i = 0; i < points; i++) {
            var r = all.get((int) ((long) i * all.size() / points));
            some.add(new double[] {r.predictedTtftSeconds(), r.ttftSeconds()});
        }
        return some;
    }

    private double[] regret() {
        double[] sorted = requests.stream()
                .mapToDouble(RequestResult::regretSeconds)
                .filter(d -> !Double.isNaN(d))
                .sorted()
                .toArray();
        if (sorted.length == 0) {
            return sorted;
        }
        double[] quantiles = new double[REGRET_QUANTILES + 1];
        for (int i = 0; i <= REGRET_QUANTILES; i++) {
            quantiles[i] = sorted[(int) Math.round((sorted.length - 1.0) * i / REGRET_QUANTILES)];
        }
        return quantiles;
    }
}
