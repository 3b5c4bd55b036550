package io.kvasir.load;

import io.kvasir.clock.ScaledClock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Sends a schedule whatever becomes of the requests, so that a slow answer delays nobody. Bodies are written before
 * their time comes; a late request is sent at once and its lateness shows in its sample.
 */
final class OpenLoop {
    /** Between the call and the first request, to write its body in. */
    private static final long LEAD_NANOS = 100_000_000;

    private final LongSupplier nanoClock;
    private final LongConsumer sleepUntil;

    /** On the time of the engines. */
    OpenLoop(ScaledClock clock) {
        this(clock, nanos -> park(clock.realAt(nanos)));
    }

    /**
     * On any clock.
     *
     * @param nanoClock nanoseconds
     * @param sleepUntil returns when the clock shows at least that
     */
    OpenLoop(LongSupplier nanoClock, LongConsumer sleepUntil) {
        this.nanoClock = nanoClock;
        this.sleepUntil = sleepUntil;
    }

    /**
     * Sends all; returns after the last.
     *
     * @return when the schedule began, on the clock
     */
    long send(Schedule schedule, ChatBody bodies, Sender sender) {
        long start = nanoClock.getAsLong() + LEAD_NANOS;
        for (int i = 0; i < schedule.size(); i++) {
            var request = schedule.request(i);
            var body = bodies.of(request);
            long intended = start + Math.round(schedule.seconds(i) * 1e9);
            sleepUntil.accept(intended);
            sender.send(i, request, intended, body);
        }
        return start;
    }

    private static void park(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
    }
}
