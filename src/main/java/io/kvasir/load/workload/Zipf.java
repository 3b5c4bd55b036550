package io.kvasir.load.workload;

import java.util.Arrays;

/** Ranks of which the n-th is drawn in proportion to {@code 1 / n^exponent}. Immutable. */
final class Zipf {
    private final double[] cumulated;

    /** Ranks from 0 to {@code ranks - 1}. */
    Zipf(int ranks, double exponent) {
        cumulated = new double[ranks];
        double sum = 0;
        for (int i = 0; i < ranks; i++) {
            sum += Math.pow(i + 1.0, -exponent);
            cumulated[i] = sum;
        }
    }

    /** A rank. */
    int draw(Draw draw) {
        double at = draw.share() * cumulated[cumulated.length - 1];
        int found = Arrays.binarySearch(cumulated, at);
        return found < 0 ? Math.min(-found - 1, cumulated.length - 1) : Math.min(found + 1, cumulated.length - 1);
    }
}
