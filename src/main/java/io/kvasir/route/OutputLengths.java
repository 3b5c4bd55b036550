package io.kvasir.route;

import java.util.concurrent.atomic.AtomicLong;

/** The mean length of answers, exponentially forgetting. */
final class OutputLengths {
    private static final double NEW_SHARE = 0.02;

    private final AtomicLong mean;

    OutputLengths(double first) {
        mean = new AtomicLong(Double.doubleToRawLongBits(first));
    }

    double mean() {
        return Double.longBitsToDouble(mean.get());
    }

    void seen(int tokens) {
        long before = mean.get();
        double old = Double.longBitsToDouble(before);
        // a lost update loses one sample of many: never worth a retry
        mean.compareAndSet(before, Double.doubleToRawLongBits(old + NEW_SHARE * (tokens - old)));
    }
}
