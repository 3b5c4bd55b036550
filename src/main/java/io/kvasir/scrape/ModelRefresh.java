package io.kvasir.scrape;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/** Reads of all lists of models that somebody waits for, one after the other and not too often. */
final class ModelRefresh {
    /** Longest wait for the engines' answers. */
    static final int MOST_MILLIS = 120;

    /** Least time from one to the next, in ns. */
    private static final long PAUSE_NANOS = 1_000_000_000L;

    private static final int MOST_WAITING = 1024;

    /** Asks everybody. */
    interface Asker {
        /**
         * Asks each.
         *
         * @param answered to be run for each that has answered
         * @param asked told how many will be asked, before the first is
         */
        void ask(Runnable answered, IntConsumer asked);
    }

    private final Asker asker;
    private final EventExecutor timer;
    private final LongSupplier nanoClock;
    private List<Runnable> waiting = new ArrayList<>();
    private long round;
    private int awaited;
    private boolean running;
    private boolean ever;
    private long beganAt;

    ModelRefresh(Asker asker, EventExecutor timer, LongSupplier nanoClock) {
        this.asker = asker;
        this.timer = timer;
        this.nanoClock = nanoClock;
    }

    boolean refresh(Runnable done) {
        long mine;
        synchronized (this) {
            long now = nanoClock.getAsLong();
            if (running) {
                return waiting.size() < MOST_WAITING && waiting.add(done);
            }
            if (ever && now - beganAt < PAUSE_NANOS) {
                return false;
            }
            running = true;
            ever = true;
            beganAt = now;
            waiting.add(done);
            mine = ++round;
        }
        asker.ask(() -> answered(mine), count -> asked(mine, count));
        var _ = timer.schedule(() -> end(mine), MOST_MILLIS, TimeUnit.MILLISECONDS);
        return true;
    }

    private void asked(long of, int count) {
        synchronized (this) {
            awaited = count;
        }
        if (count == 0) {
            end(of);
        }
    }

    private void answered(long of) {
        synchronized (this) {
            if (of != round || !running || --awaited > 0) {
                return;
            }
        }
        end(of);
    }

    private void end(long of) {
        List<Runnable> told;
        synchronized (this) {
            if (of != round || !running) {
                return;
            }
            running = false;
            told = waiting;
            waiting = new ArrayList<>();
        }
        told.forEach(Runnable::run);
    }
}
