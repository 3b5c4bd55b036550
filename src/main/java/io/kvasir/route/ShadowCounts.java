package io.kvasir.route;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * How the shadow profile's decisions compare with those in force. Seconds are what the time model predicted for both picks
 * at the same moment, weighted as policy {@code time} has them: to the first token, of decoding, and those by which others
 * decode longer. What one profile would have won or lost by being the other is the difference.
 */
public final class ShadowCounts implements Metered {
    private final AtomicLongArray outcomes = new AtomicLongArray(ShadowOutcome.values().length);
    private final DoubleAdder usedSeconds = new DoubleAdder();
    private final DoubleAdder shadowSeconds = new DoubleAdder();
    private final DoubleAdder regretSeconds = new DoubleAdder();
    private final DoubleAdder savedSeconds = new DoubleAdder();

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

    /** Predicted seconds that requests took longer because the shadow did not decide; of those where it picked better. */
    public double regretSeconds() {
        return regretSeconds.sum();
    }

    /** Predicted seconds that requests took less because the shadow did not decide; of those where it picked worse. */
    public double savedSeconds() {
        return savedSeconds.sum();
    }

    void count(ShadowOutcome outcome) {
        outcomes.getAndIncrement(outcome.ordinal());
    }

    void seconds(double used, double shadow) {
        if (Double.isFinite(used) && Double.isFinite(shadow)) {
            usedSeconds.add(used);
            shadowSeconds.add(shadow);
            (used > shadow ? regretSeconds : savedSeconds).add(Math.abs(used - shadow));
        }
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_shadow_decisions",
                "Decisions by how the shadow policy would have made them.",
                "outcome",
                ShadowOutcome.values(),
                ShadowOutcome::code,
                this::compared);
        String help =
                "Predicted seconds to first token, and what those of decoding and of delays to others count, of the endpoints"
                        + " that were used"
                        + " and of those that the shadow policy would have used for the same requests.";
        sink.counter("kvasir_shadow_predicted_seconds", help, usedSeconds(), "pick", "used");
        sink.counter("kvasir_shadow_predicted_seconds", help, shadowSeconds(), "pick", "shadow");
        sink.counter(
                "kvasir_shadow_regret_seconds",
                "Predicted seconds by which requests are slower than where the shadow would have sent them; of those"
                        + " only that are.",
                regretSeconds());
        sink.counter(
                "kvasir_shadow_saved_seconds",
                "Predicted seconds by which requests are faster than where the shadow would have sent them; of those"
                        + " only that are.",
                savedSeconds());
    }
}
