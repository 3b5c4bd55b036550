package io.kvasir.clock;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Monotonic nanoseconds of the time that engines live in, which passes {@code speed} times as fast as the machine's: with
 * simulated engines that run faster, whatever is measured, predicted, aged or waited for is theirs, and nobody but who
 * sets a timer has to know. What clients, sockets and operators wait for is the machine's time. Immutable.
 */
public final class ScaledClock implements LongSupplier {
    private final LongSupplier real;
    private final double speed;
    private final long origin;
    private final long start;

    private ScaledClock(LongSupplier real, double speed, long origin, long start) {
        if (!(speed > 0)) {
            throw new IllegalArgumentException("speed: bad value \"" + speed + "\"; allowed: above 0");
        }
        this.real = real;
        this.speed = speed;
        this.origin = origin;
        this.start = start;
    }

    /**
     * A clock that shows what {@code real} shows now and from then on runs {@code speed} times as fast.
     *
     * @param real monotonic nanoseconds
     * @throws IllegalArgumentException unless the speed is above 0
     */
    public static ScaledClock of(LongSupplier real, double speed) {
        long now = real.getAsLong();
        return new ScaledClock(real, speed, now, now);
    }

    /** The clock itself where it is one of these, else one that shows the same. */
    public static ScaledClock of(LongSupplier clock) {
        return clock instanceof ScaledClock scaled ? scaled : new ScaledClock(clock, 1, 0, 0);
    }

    /** A clock that runs {@code speed} times as fast as the machine's and shows 0 now. */
    public static ScaledClock fromZero(double speed) {
        return new ScaledClock(System::nanoTime, speed, System.nanoTime(), 0);
    }

    @Override
    public long getAsLong() {
        long now = real.getAsLong();
        return speed == 1 ? now - origin + start : start + (long) ((now - origin) * speed);
    }

    /** Nanoseconds that a timer has to wait until so many have passed here; rounded up. */
    public long realNanos(long nanos) {
        return speed == 1 ? nanos : (long) Math.ceil(nanos / speed);
    }

    /** Seconds that a timer has to wait until so many have passed here. */
    public double realSeconds(double seconds) {
        return seconds / speed;
    }

    /** What the real clock shows when this one shows {@code nanos}; rounded up. */
    public long realAt(long nanos) {
        return origin + realNanos(nanos - start);
    }

    /** Nanoseconds that pass here in that real time. */
    public long nanosIn(Duration real) {
        return nanosIn(real.toNanos());
    }

    /** Nanoseconds that pass here in so many real ones. */
    public long nanosIn(long real) {
        return speed == 1 ? real : (long) (real * speed);
    }
}
