package io.kvasir.route;

import java.util.concurrent.atomic.AtomicLong;

/** The mean length of answers, exponentially forgetting. */
final class OutputLengths {
    private static final double NEW_SHARE = 0.02;
    private static final int MOST = 131_072;

    private final AtomicLong mean;

    OutputLengths(double first) {
        mean = new AtomicLong(Double.doubleToRawLongBits(first));
    }

    double mean() {
        return Double.longBitsToDouble(mean.get());
    }

    /** @param told tokens of one answer; an engine is believed {@link #MOST} of them */
    void seen(int told) {
        int tokens = Math.min(told, MOST);
        long before = mean.get();
        double old = Double.longBitsToDouble(before);
        // a lost update loses one sample of many: never worth a retry
        mean.compareAndSet(before, Double.doubleToRawLongBits(old + NEW_SHARE * (tokens - old)));
    }
}
