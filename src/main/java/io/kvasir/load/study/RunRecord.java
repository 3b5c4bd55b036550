package io.kvasir.load.study;

import io.kvasir.load.study.Figure.Of;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What is kept of one run.
 *
 * @param rate requests per second that were asked of the workload
 * @param digest two runs that fared alike to the bit have the same
 * @param figures that are of the run as a whole; those of single requests are made of {@code values}
 * @param values by request id; NaN for requests that are not counted or have none
 * @param replicas what each did
 * @param hits by time: arrival in seconds, cached tokens, and those of one cache of endless size
 * @param calibration some requests' predicted and actual seconds to the first token
 * @param regret quantiles of what decisions cost more than the informed greedy's, evenly spaced; empty where nobody asked
 */
record RunRecord(
        double rate,
        long digest,
        Map<Figure, Double> figures,
        Map<Of, double[]> values,
        List<Replica> replicas,
        List<double[]> hits,
        List<double[]> calibration,
        double[] regret) {

    /**
     * What one replica did.
     *
     * @param name in the pool
     * @param device its hardware class
     * @param requests that it got
     * @param busySeconds that it computed
     */
    record Replica(String name, String device, int requests, double busySeconds) {}

    RunRecord {
        figures = figures.isEmpty() ? Map.of() : new EnumMap<>(figures);
        replicas = List.copyOf(replicas);
        hits = List.copyOf(hits);
        calibration = List.copyOf(calibration);
    }

    /** A figure of the run as a whole; NaN where it has none. */
    double figure(Figure figure) {
        return figures.getOrDefault(figure, Double.NaN);
    }

    /** Values of single requests, by id. */
    double[] values(Of of) {
        return values.getOrDefault(of, new double[0]);
    }
}
