package io.kvasir.load.extproc;

import io.grpc.Status;
import org.HdrHistogram.Histogram;

/** What a run has seen so far. */
final class Tally {
    private static final long LONGEST_NANOS = 60_000_000_000L;

    private final Histogram picks = new Histogram(LONGEST_NANOS, 3);
    private long ended;
    private long failed;
    private String firstFailure = "";

    /** A pick came that long after the last byte of its body was sent. */
    synchronized void picked(long nanos) {
        picks.recordValue(Math.min(nanos, LONGEST_NANOS));
    }

    /** A request ended, whole or not. */
    synchronized void ended(boolean whole, Status status) {
        ended++;
        if (!whole) {
            failed++;
            if (firstFailure.isEmpty()) {
                firstFailure = status.isOk() ? "bytes missing or changed" : inOneLine(status);
            }
        }
    }

    private static String inOneLine(Status status) {
        var cause = status.getCause();
        return status.getCode() + ": " + status.getDescription() + (cause == null ? "" : ", " + cause.getMessage());
    }

    /** Begins to count anew; failures stay. */
    synchronized void reset() {
        picks.reset();
        ended = 0;
    }

    /** Requests ended. */
    synchronized long requests() {
        return ended;
    }

    /** Those that were not whole. */
    synchronized long failures() {
        return failed;
    }

    /** How the first of them failed; empty for none. */
    synchronized String firstFailure() {
        return firstFailure;
    }

    /** Milliseconds from the last body byte to the pick, at that percentile. */
    synchronized double pickMillis(double percentile) {
        return picks.getValueAtPercentile(percentile) / 1e6;
    }
}
