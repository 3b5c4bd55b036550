package io.kvasir.load.study;

import java.util.function.DoublePredicate;

/** Finds the greatest rate that something bears, by doubling and halving. */
final class CapacitySearch {
    private static final double FIRST = 1;
    private static final double LEAST = 0.01;
    private static final double MOST = 100_000;
    private static final double PRECISION = 1.03;

    private CapacitySearch() {}

    /**
     * The greatest rate borne, within 3 %: a rate that is borne, or 0.01 where none is, or 100,000 where all are.
     *
     * @param borne whether a rate is; asked of few
     */
    static double greatest(DoublePredicate borne) {
        double low = FIRST;
        double high;
        if (borne.test(low)) {
            high = 2 * low;
            while (high < MOST && borne.test(high)) {
                low = high;
                high = 2 * high;
            }
            if (high >= MOST) {
                return MOST;
            }
        } else {
            high = low;
            low = high / 2;
            while (low > LEAST && !borne.test(low)) {
                high = low;
                low = low / 2;
            }
            if (low <= LEAST) {
                return LEAST;
            }
        }
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
