package io.kvasir.route;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * How the shadow profile's decisions compare with those in force. Seconds are what the time model predicted for both picks
 * at the same moment: to the first token, and those of decoding by a tenth. What one profile would have won or lost by being
 * the other is the difference.
 */
public final class ShadowCounts {
    private final AtomicLongArray outcomes = new AtomicLongArray(ShadowOutcome.values().length);
    private final DoubleAdder usedSeconds = new DoubleAdder();
    private final DoubleAdder shadowSeconds = new DoubleAdder();

    /** Decisions that compared that way. */
    public long compared(ShadowOutcome outcome) {
        return outcomes.get(outcome.ordinal());
    }

    /** Predicted seconds of the picks in force, where both picked and both are predicted. */
    public double usedSeconds() {
        return usedSeconds.sum();
    }

    /** Predicted seconds of the shadow's picks, of the same requests. */
    public double shadowSeconds() {
        return shadowSeconds.sum();
    }

    void count(ShadowOutcome outcome) {
        outcomes.getAndIncrement(outcome.ordinal());
    }

    void seconds(double used, double shadow) {
        if (Double.isFinite(used) && Double.isFinite(shadow)) {
            usedSeconds.add(used);
            shadowSeconds.add(shadow);
        }
    }
}
