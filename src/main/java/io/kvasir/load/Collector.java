package io.kvasir.load;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Gathers samples as requests end, in any thread, and lets another thread wait for them. */
final class Collector {
    private final List<Sample> samples = new ArrayList<>();
    private int failures;

    /** Takes the sample of a request that ended. */
    synchronized void add(Sample sample) {
        samples.add(sample);
        if (!sample.complete() && !sample.unfinished()) {
            failures++;
        }
        notifyAll();
    }

    /** Requests that ended so far. */
    synchronized int ended() {
        return samples.size();
    }

    /** Of these, requests that failed. */
    synchronized int failures() {
        return failures;
    }

    /**
     * Waits until {@code count} requests have ended.
     *
     * @return false if the time was over first, or the thread was interrupted
     */
    synchronized boolean await(int count, long nanos) {
        long deadline = System.nanoTime() + nanos;
        while (samples.size() < count) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    /** Samples so far, in the order in which requests ended. */
    synchronized List<Sample> inOrderOfEnd() {
        return List.copyOf(samples);
    }

    /** Samples so far, in the order of the schedule. */
    synchronized List<Sample> inOrderOfSchedule() {
        return samples.stream().sorted(Comparator.comparingInt(Sample::index)).toList();
    }
}
