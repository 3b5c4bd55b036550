package io.kvasir.discovery.kubernetes;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Time that passes when the test says; who waits sleeps until then. */
final class SteppedTime implements ObjectStream.Pause {
    private final List<Long> due = new ArrayList<>();
    private long nanos;

    synchronized long nanos() {
        return nanos;
    }

    @Override
    public synchronized void millis(long millis) throws InterruptedException {
        Long end = nanos + Duration.ofMillis(millis).toNanos();
        due.add(end);
        notifyAll();
        try {
            while (nanos < end) {
                wait();
            }
        } finally {
            due.remove(end);
        }
    }

    /** Lets time pass: who has waited long enough goes on. */
    synchronized void pass(Duration time) {
        nanos += time.toNanos();
        notifyAll();
    }

    /** Whether so many wait for a time that is still to come. */
    synchronized boolean asleep(int sleepers) {
        return due.stream().filter(end -> end > nanos).count() == sleepers;
    }
}
