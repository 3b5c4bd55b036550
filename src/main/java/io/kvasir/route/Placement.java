package io.kvasir.route;

import io.kvasir.cost.Prediction;

/**
 * What was predicted of a request when it was placed on an endpoint, and what has happened there since. Used by one thread
 * at a time.
 */
public final class Placement {
    private final Prediction prediction;
    private final long placedNanos;
    private long firstNanos;
    private long lastNanos;
    private boolean answering;

    Placement(Prediction prediction, long placedNanos) {
        this.prediction = prediction;
        this.placedNanos = placedNanos;
    }

    /** As it was made. */
    public Prediction prediction() {
        return prediction;
    }

    /** When it was made, in ns of the router's clock. */
    long placedNanos() {
        return placedNanos;
    }

    /** When the first token came, in ns of the router's clock; 0 where none did. */
    long firstNanos() {
        return firstNanos;
    }

    /** Seconds from the placement to the first token; NaN where none came. */
    public double firstTokenSeconds() {
        return answering ? (firstNanos - placedNanos) * 1e-9 : Double.NaN;
    }

    /**
     * Seconds between two tokens of a sequence, on average; NaN where they were not two.
     *
     * @param perSequence tokens of each
     */
    public double perTokenSeconds(double perSequence) {
        return perSequence > 1 ? (lastNanos - firstNanos) * 1e-9 / (perSequence - 1) : Double.NaN;
    }

    void token(long nowNanos) {
        if (!answering) {
            answering = true;
            firstNanos = nowNanos;
        }
        lastNanos = nowNanos;
    }

    /** Of tokens that come one by one: the first is there. */
    void comparedFirst(RequestTimes.Predicted by) {
        by.firstToken().record(firstTokenSeconds(), prediction.firstToken());
    }

    /**
     * The answer is complete.
     *
     * @param streamed whether its tokens came one by one
     * @param perSequence tokens of each sequence; 0 where nobody said
     */
    void compared(RequestTimes.Predicted by, boolean streamed, double perSequence, long nowNanos) {
        if (streamed) {
            by.perToken().record(perTokenSeconds(perSequence), prediction.perToken());
        }
        by.whole().record((nowNanos - placedNanos) * 1e-9, prediction.end());
    }
}
