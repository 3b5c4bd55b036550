package io.kvasir.route;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.Explanation;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Which decisions explain themselves while they are made: none as long as nobody asks for it, else one after a while at
 * most, since an explanation allocates by candidate. What is explained comes with {@link RouterEvent.Decided}. Any thread.
 */
public final class ExplanationSamples {
    private final TimeModel time;
    private final AtomicLong next = new AtomicLong();
    /** 0: none. */
    private volatile long everyNanos;

    ExplanationSamples(TimeModel time) {
        this.time = time;
    }

    /** Has a decision explained from now on where the last that was is so long ago, above 0 ns of the router's time. */
    public void every(long nanos, long nowNanos) {
        next.set(nowNanos);
        everyNanos = nanos;
    }

    /** Has none explained from now on. */
    public void stop() {
        everyNanos = 0;
    }

    /** Whether any is. */
    public boolean on() {
        return everyNanos != 0;
    }

    /** What takes the explanation of a decision that is made now; null where it is not to be explained. */
    @Nullable
    Explanation begin(long nowNanos) {
        long every = everyNanos;
        if (every == 0) {
            return null;
        }
        long due = next.get();
        return nowNanos - due >= 0 && next.compareAndSet(due, nowNanos + every) ? new Explanation(time) : null;
    }
}
