package io.kvasir.route;

import io.kvasir.failure.ContainedFailures;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a listener that may be slow, and the thread that tells it. Who brings an event takes no lock and never
 * waits.
 */
public final class EventQueue implements RouterEvents.Subscription {
    private static final long LAST_WORDS_MILLIS = 1_000;

    private final String name;
    private final int most;
    private final RouterListener listener;
    private final ContainedFailures failures;
    private final ConcurrentLinkedQueue<RouterEvent> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean resting = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final LongAdder dropped = new LongAdder();
    private volatile Runnable leaving = () -> {};
    private volatile @Nullable Thread teller;

    EventQueue(String name, int most, RouterListener listener, ContainedFailures failures) {
        this.name = name;
        this.most = most;
        this.listener = listener;
        this.failures = failures;
    }

    /** @param left run when it is closed, before what waits is told */
    void start(Runnable left) {
        leaving = left;
        teller = Thread.ofPlatform().name("events-" + name).daemon().start(this::deliverAll);
    }

    void offer(RouterEvent event) {
        if (waiting.incrementAndGet() > most || closed.get()) {
            waiting.decrementAndGet();
            dropped.increment();
            return;
        }
        events.add(event);
        if (resting.get() && resting.compareAndSet(true, false)) {
            LockSupport.unpark(teller);
        }
    }

    private void deliverAll() {
        while (true) {
            var event = events.poll();
            if (event != null) {
                waiting.decrementAndGet();
                deliver(event);
                continue;
            }
            if (closed.get()) {
                return;
            }
            resting.set(true);
            if (events.isEmpty() && !closed.get()) {
                LockSupport.park(this);
            }
            resting.set(false);
        }
    }

    private void deliver(RouterEvent event) {
        try {
            listener.on(event);
        } catch (RuntimeException e) {
            failures.failed(e);
        }
    }

    /** The listener's name. */
    public String name() {
        return name;
    }

    /** Events that it was not told, as too many waited. */
    public long dropped() {
        return dropped.sum();
    }

    /** Events that wait now. */
    public int waiting() {
        return Math.min(most, waiting.get());
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        leaving.run();
        var thread = teller;
        if (thread == null || thread == Thread.currentThread()) {
            return;
        }
        LockSupport.unpark(thread);
        try {
            thread.join(LAST_WORDS_MILLIS);
            while (events.poll() != null) {
                dropped.increment();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
