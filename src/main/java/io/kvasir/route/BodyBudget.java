package io.kvasir.route;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory, in bytes, that bodies on their way through may occupy at one time, over all requests and both doors. The larger a
 * request is, the less of it may be taken already: a few large ones, which may never end, leave room for all the small ones.
 * Safe for any thread.
 */
public final class BodyBudget implements Metered {
    private static final double HEAP_SHARE = 0.4;
    /** Requests up to that many bytes may have all of it. */
    private static final long SMALL = 64 << 10;

    /** Requests up to that many bytes find no room once {@link #FOR_MIDDLING} of it is taken, larger ones sooner. */
    private static final long MIDDLING = 1 << 20;

    private static final double FOR_MIDDLING = 0.85;
    private static final double FOR_LARGE = 0.7;

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit most bytes held */
    public BodyBudget(long limit) {
        this.limit = limit;
    }

    /** Two fifths of the most memory that the process gives its objects. */
    public static BodyBudget ofHeap() {
        return new BodyBudget((long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE));
    }

    /**
     * Takes bytes if they fit.
     *
     * @param held what the same request has taken before
     */
    public boolean tryReserve(long bytes, long held) {
        if (used.addAndGet(bytes) <= mostFor(bytes + held)) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    private double mostFor(long request) {
        return request <= SMALL ? limit : limit * (request <= MIDDLING ? FOR_MIDDLING : FOR_LARGE);
    }

    /** Takes bytes that are there and cannot be refused, maybe beyond the limit. */
    public void reserve(long bytes) {
        used.addAndGet(bytes);
    }

    /** Gives back bytes that were taken. */
    public void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Most bytes held. */
    public long limit() {
        return limit;
    }

    /** Bytes held now. */
    public long used() {
        return used.get();
    }

    @Override
    public void describe(MetricSink sink) {
        sink.gauge("kvasir_body_bytes", "Memory that bodies on their way through occupy.", used());
        sink.gauge("kvasir_body_bytes_limit", "Most of it; beyond it requests are refused with 503.", limit());
    }
}
