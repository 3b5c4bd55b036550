package io.kvasir.sim.http;

/** Simulated time: real time since start, times a scale. */
public final class SimulationClock {
    private final long origin = System.nanoTime();
    private final double scale;

    /** A clock at zero on which {@code scale} simulated seconds pass in one real second. */
    public SimulationClock(double scale) {
        this.scale = scale;
    }

    /** Simulated nanoseconds since start. */
    public long nanos() {
        return (long) ((System.nanoTime() - origin) * scale);
    }

    /** The value of {@link System#nanoTime} at which the clock will show {@code nanos}. */
    long realNanos(long nanos) {
        return origin + (long) Math.ceil(nanos / scale);
    }
}
