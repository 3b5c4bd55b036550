package io.kvasir.load.replay;

import java.util.function.LongSupplier;

/** The one clock of a run: nanoseconds from its start, which pass when the run says so. */
final class VirtualClock implements LongSupplier {
    /** Ages are differences to times like 0, which is not to be among those that a run shows. */
    static final long START = 1_000_000_000L;

    private long nanos = START;

    @Override
    public long getAsLong() {
        return nanos;
    }

    void set(long now) {
        nanos = now;
    }

    /** Seconds as nanoseconds of the clock. */
    static long at(double seconds) {
        return START + Math.round(seconds * 1e9);
    }

    /** A time of the clock in seconds from the start. */
    static double seconds(long nanos) {
        return (nanos - START) * 1e-9;
    }
}
