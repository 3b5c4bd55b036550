package io.kvasir.failure;

import io.kvasir.metric.MetricSink;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Failures of code that somebody else gave, or that only keeps beliefs: they must not take what called it along. Each is
 * counted, and one a minute logged. From any thread.
 */
public final class ContainedFailures {
    private static final System.Logger LOG = System.getLogger("io.kvasir.failure");
    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final String what;
    private final LongAdder count = new LongAdder();
    private final AtomicLong quietUntil = new AtomicLong();
    private volatile boolean told;

    /** @param what what fails, as the log calls it */
    public ContainedFailures(String what) {
        this.what = what;
    }

    /** It failed. */
    public void failed(RuntimeException failure) {
        count.increment();
        long now = System.nanoTime();
        long until = quietUntil.get();
        if ((!told || now - until >= 0) && quietUntil.compareAndSet(until, now + QUIET_NANOS)) {
            told = true;
            LOG.log(System.Logger.Level.ERROR, what + " failed; it is not told again for a minute", failure);
        }
    }

    /** Runs it, whatever comes of it. */
    public void contain(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /** How often. */
    public long count() {
        return count.sum();
    }

    /**
     * Declares how often it failed.
     *
     * @param code what fails, as pages call it
     */
    public void describe(MetricSink sink, String code) {
        describe(sink, code, count());
    }

    /** Declares failures that somebody else counted. */
    public static void describe(MetricSink sink, String code, long count) {
        sink.counter(
                "kvasir_contained_failures",
                "Failures that were kept from requests, by what failed.",
                count,
                "what",
                code);
    }
}
