package io.kvasir.cost;

import java.util.Arrays;

/**
 * Fits how many times as long each part of a duration takes as is believed: recursive least squares over relative errors,
 * with forgetting. What is not seen keeps its belief; no scale leaves {@link #LEAST} to {@link #MOST}, no variance
 * exceeds that of the start, and one observation pulls no more than {@link #MOST_SURPRISE} errors of the usual size do.
 * See docs/time-model.md, "Learning". Used by one thread at a time.
 */
final class RateFit {
    /** Parts that are scaled: see {@link EndpointRates}. */
    static final int PARTS = 6;

    static final double LEAST = 1 / 16.0;
    static final double MOST = 16;

    /** Variance of a scale that nothing is known of: catalogues were seen to be wrong by a factor of two, and more. */
    private static final double START_VARIANCE = 1;

    /** Of what one observation says of its relative error: what a step's neighbours do to it. */
    private static final double NOISE = 0.04;

    /** Share of what is known that one observation leaves: the last four hundred or so count. */
    private static final double KEPT = 0.9975;

    private static final double MOST_SURPRISE = 3;
    private static final double LEAST_USUAL = 0.05;
    private static final double START_USUAL = 1;
    private static final double NEW_SHARE = 0.05;

    private final double[] scales = new double[PARTS];
    private final double[][] covariance = new double[PARTS][PARTS];
    private final double[] along = new double[PARTS];
    private double usual = START_USUAL;
    private long samples;

    RateFit() {
        Arrays.fill(scales, 1);
        for (int i = 0; i < PARTS; i++) {
            covariance[i][i] = START_VARIANCE;
        }
    }

    double scale(int part) {
        return scales[part];
    }

    /** Goes on from what was found out before, of which that is as sure as {@code samples} make it. */
    void restore(double[] found, long foundSamples) {
        for (int i = 0; i < PARTS; i++) {
            scales[i] = Math.clamp(found[i], LEAST, MOST);
            covariance[i][i] = START_VARIANCE / (1 + Math.min(foundSamples, 16));
        }
        samples = foundSamples;
        usual = Math.max(LEAST_USUAL, START_USUAL / (1 + Math.min(foundSamples, 16)));
    }

    /** Observations that counted. */
    long samples() {
        return samples;
    }

    /** Usual size of a relative error lately; 1 before anything was seen. */
    double usualError() {
        return usual;
    }

    /**
     * Something took that long.
     *
     * @param parts seconds of each as believed; overwritten
     * @param seconds that it took
     * @param trust how much it tells, above 0 and at most 1
     * @return what it took over what was expected; NaN where that says nothing
     */
    double observe(double[] parts, double seconds, double trust) {
        double expected = 0;
        for (int i = 0; i < PARTS; i++) {
            expected += scales[i] * parts[i];
        }
        double ratio = seconds / expected;
        if (!(expected > 0) || !(ratio > 0) || !Double.isFinite(ratio)) {
            return Double.NaN;
        }
        double error = Math.clamp(ratio - 1, -MOST_SURPRISE * usual, MOST_SURPRISE * usual);
        double information = NOISE / trust;
        for (int i = 0; i < PARTS; i++) {
            parts[i] /= expected;
        }
        for (int i = 0; i < PARTS; i++) {
            along[i] = 0;
            for (int j = 0; j < PARTS; j++) {
                along[i] += covariance[i][j] * parts[j];
            }
        }
        for (int i = 0; i < PARTS; i++) {
            information += parts[i] * along[i];
        }
        for (int i = 0; i < PARTS; i++) {
            scales[i] = Math.clamp(scales[i] + along[i] / information * error, LEAST, MOST);
        }
        forget(information);
        usual += NEW_SHARE * trust * (Math.min(1, Math.abs(error)) - usual);
        usual = Math.max(LEAST_USUAL, usual);
        samples++;
        return ratio;
    }

    private void forget(double information) {
        for (int i = 0; i < PARTS; i++) {
            for (int j = 0; j < PARTS; j++) {
                covariance[i][j] = (covariance[i][j] - along[i] * along[j] / information) / KEPT;
            }
        }
        for (int i = 0; i < PARTS; i++) {
            double variance = covariance[i][i];
            if (variance > START_VARIANCE) {
                double shrink = Math.sqrt(START_VARIANCE / variance);
                for (int j = 0; j < PARTS; j++) {
                    covariance[i][j] *= shrink;
                    covariance[j][i] *= shrink;
                }
            }
        }
    }
}
