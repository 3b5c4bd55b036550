package io.kvasir.load.study;

import java.util.function.DoublePredicate;

/** Finds the greatest rate that something bears, by doubling and halving, or near one that something like it bears. */
final class CapacitySearch {
    private static final double FIRST = 1;
    private static final double LEAST = 0.01;
    private static final double MOST = 100_000;
    private static final double PRECISION = 1.03;

    /** Steps away from what is expected: the factor is squared from one to the next. */
    private static final double NEAR = 1.08;

    private static final double MOST_FACTOR = 2;

    private CapacitySearch() {}

    /**
     * The greatest rate borne, within 3 %: a rate that is borne, or 0.01 where none is, or 100,000 where all are.
     *
     * @param borne whether a rate is; asked of few
     */
    static double greatest(DoublePredicate borne) {
        return from(FIRST, MOST_FACTOR, borne);
    }

    /**
     * The same where it is expected to be near a rate: four or five tries if it is within a sixth.
     *
     * @param expected a rate, above 0
     */
    static double near(double expected, DoublePredicate borne) {
        return from(expected, NEAR, borne);
    }

    /** @param step the first factor away from where it begins */
    private static double from(double begin, double step, DoublePredicate borne) {
        double factor = step;
        double low = begin;
        double high = begin;
        if (borne.test(begin)) {
            do {
                low = high;
                high = low * factor;
                factor = Math.min(MOST_FACTOR, factor * factor);
            } while (high < MOST && borne.test(high));
            if (high >= MOST) {
                return MOST;
            }
        } else {
            do {
                high = low;
                low = high / factor;
                factor = Math.min(MOST_FACTOR, factor * factor);
            } while (low > LEAST && !borne.test(low));
            if (low <= LEAST) {
                return LEAST;
            }
        }
        return between(low, high, borne);
    }

    private static double between(double borneRate, double notBorneRate, DoublePredicate borne) {
        double low = borneRate;
        double high = notBorneRate;
        while (high / low > PRECISION) {
            double middle = Math.sqrt(low * high);
            if (borne.test(middle)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
