package io.kvasir.sim.http;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Wakes event loops when a step of one of their engines ends. Netty's own timers over NIO are a millisecond coarse,
 * which is a tenth of a decode step in scaled time; parking a thread is good to some 60 µs.
 */
final class Ticker implements AutoCloseable {
    private static final long IDLE = Long.MAX_VALUE;

    private final List<EngineGroup> groups = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::run, "sim-ticker");
    private volatile long wakesAt = IDLE;
    private volatile boolean closed;

    Ticker() {
        thread.setDaemon(true);
        thread.start();
    }

    void add(EngineGroup group) {
        groups.add(group);
    }

    /** A group's due time has been set to {@code realNanos}. */
    void armed(long realNanos) {
        if (wakesAt == IDLE || realNanos < wakesAt) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closed) {
            // before looking: a group armed while we look unparks us
            wakesAt = IDLE;
            long now = System.nanoTime();
            long earliest = IDLE;
            for (var group : groups) {
                earliest = Math.min(earliest, group.wakeIfDue(now));
            }
            if (earliest == IDLE) {
                LockSupport.park(this);
            } else {
                wakesAt = earliest;
                LockSupport.parkNanos(this, earliest - now);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
