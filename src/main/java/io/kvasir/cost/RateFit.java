package io.kvasir.cost;

import java.util.Arrays;

/**
 * Fits how many times as long each part of a duration takes as is believed: recursive least squares over relative errors,
 * in which what was seen is forgotten in favour of what was believed. So what is not seen keeps its belief, or goes with what
 * has the same cause; no scale leaves {@link #LEAST} to {@link #MOST}, and one observation pulls no more than {@link
 * #MOST_SURPRISE} errors of the usual size do. See docs/time-model.md, "Learning". Used by one thread at a time.
 */
final class RateFit {
    /** Parts that are scaled: see {@link EndpointRates}. */
    static final int PARTS = 6;

    static final double LEAST = 1 / 16.0;
    static final double MOST = 16;

    /** Variance of a scale that nothing is known of: catalogues were seen to be wrong by a factor of two, and more. */
    private static final double START_VARIANCE = 1;

    /**
     * How far scales with one cause go together: those of tokens and attention, which computing makes, and those of weights
     * and context, which memory does.
     */
    private static final double ALIKE = 0.9;

    /** How far all of them do where the hardware is not known: it is a faster or a slower device as a whole. */
    private static final double ALIKE_UNKNOWN = 0.8;

    /** Variance there. */
    private static final double UNKNOWN_VARIANCE = 4;

    /** Of what one observation says of its relative error: what a step's neighbours do to it. */
    private static final double NOISE = 0.04;

    /** Share of what is known that one observation leaves: the last four hundred or so count. */
    private static final double KEPT = 0.9975;

    /** Every scale, as it is believed. */
    private static final double BELIEF = 1;

    private static final double MOST_SURPRISE = 3;
    private static final double LEAST_USUAL = 0.05;
    private static final double START_USUAL = 1;
    private static final double NEW_SHARE = 0.05;

    /** Where each part stands in {@link EndpointRates}, with the one that it shares its cause with; itself where with none. */
    private static final int[] KIN = {0, 2, 1, 4, 3, 5};

    private final double[] scales = new double[PARTS];
    private final double[][] believed = new double[PARTS][PARTS];
    private final double[][] known = new double[PARTS][PARTS];
    private final double[][] root = new double[PARTS][PARTS];
    private final double[] step = new double[PARTS];
    private double usual = START_USUAL;
    private long samples;

    RateFit() {
        this(true);
    }

    /** @param catalogued whether what is believed rests on knowledge of the hardware */
    RateFit(boolean catalogued) {
        Arrays.fill(scales, BELIEF);
        for (int i = 0; i < PARTS; i++) {
            for (int j = 0; j < PARTS; j++) {
                believed[i][j] = catalogued ? ofCatalogue(i, j) : ofUnknown(i, j);
            }
        }
        know(1);
    }

    /** Takes the scales for known, so many times as sure as what is believed. */
    private void know(double times) {
        for (int i = 0; i < PARTS; i++) {
            for (int j = 0; j < PARTS; j++) {
                known[i][j] = times * believed[i][j];
            }
        }
    }

    /** The inverse of a covariance in which kin are {@link #ALIKE}. */
    private static double ofCatalogue(int i, int j) {
        double together = START_VARIANCE * (1 - ALIKE * ALIKE);
        if (i == j) {
            return KIN[i] == i ? 1 / START_VARIANCE : 1 / together;
        }
        return KIN[i] == j ? -ALIKE / together : 0;
    }

    /** The inverse of one in which all are {@link #ALIKE_UNKNOWN}. */
    private static double ofUnknown(int i, int j) {
        double shared = ALIKE_UNKNOWN / (1 + (PARTS - 1) * ALIKE_UNKNOWN);
        return ((i == j ? 1 : 0) - shared) / (UNKNOWN_VARIANCE * (1 - ALIKE_UNKNOWN));
    }

    double scale(int part) {
        return scales[part];
    }

    /**
     * Goes on from what was found out before, which is as sure as {@code samples} make it, and is forgotten like what is
     * seen: no belief.
     */
    void restore(double[] found, long foundSamples) {
        for (int i = 0; i < PARTS; i++) {
            scales[i] = Math.clamp(found[i], LEAST, MOST);
        }
        know(1 + Math.min(foundSamples, 16));
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
        if (!(expected > 0) || !(ratio > 0) || !Double.isFinite(ratio) || !(trust > 0)) {
            return Double.NaN;
        }
        double error = Math.clamp(ratio - 1, -MOST_SURPRISE * usual, MOST_SURPRISE * usual);
        double information = trust / NOISE;
        for (int i = 0; i < PARTS; i++) {
            parts[i] /= expected;
        }
        for (int i = 0; i < PARTS; i++) {
            step[i] = parts[i] * error * information;
            for (int j = 0; j < PARTS; j++) {
                step[i] -= (1 - KEPT) * believed[i][j] * (scales[j] - BELIEF);
                known[i][j] = KEPT * known[i][j] + (1 - KEPT) * believed[i][j] + information * parts[i] * parts[j];
            }
        }
        solve();
        for (int i = 0; i < PARTS; i++) {
            scales[i] = Math.clamp(scales[i] + step[i], LEAST, MOST);
        }
        usual += NEW_SHARE * trust * (Math.min(1, Math.abs(error)) - usual);
        usual = Math.max(LEAST_USUAL, usual);
        samples++;
        return ratio;
    }

    /** Divides the step by what is known (Cholesky). */
    private void solve() {
        for (int i = 0; i < PARTS; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = known[i][j];
                for (int k = 0; k < j; k++) {
                    sum -= root[i][k] * root[j][k];
                }
                // what is believed keeps it positive
                root[i][j] = i == j ? Math.sqrt(Math.max(sum, Double.MIN_NORMAL)) : sum / root[j][j];
            }
            for (int k = 0; k < i; k++) {
                step[i] -= root[i][k] * step[k];
            }
            step[i] /= root[i][i];
        }
        for (int i = PARTS - 1; i >= 0; i--) {
            for (int k = i + 1; k < PARTS; k++) {
                step[i] -= root[k][i] * step[k];
            }
            step[i] /= root[i][i];
        }
    }
}
