package io.kvasir.schedule;

/** Turns amounts of which less is better into scores from 0 to 1. */
final class RangeScores {
    private RangeScores() {}

    /** {@code (max - x) / (max - min)} in place; all 1 where all are equal. */
    static void lessIsBetter(double[] amounts, int size) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            min = Math.min(min, amounts[i]);
            max = Math.max(max, amounts[i]);
        }
        double range = max - min;
        for (int i = 0; i < size; i++) {
            amounts[i] = range > 0 ? (max - amounts[i]) / range : 1;
        }
    }
}
