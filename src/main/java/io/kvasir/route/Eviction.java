package io.kvasir.route;

import io.kvasir.admission.Evictable;
import io.kvasir.request.Refusal;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** How a booked request is asked to give its place back: its door ends it, on its loop, if its client was told nothing yet. */
final class Eviction implements Evictable {
    private final Router router;
    private final Booking booking;
    private final @Nullable Waiter door;
    private volatile long placedNanos;
    private volatile double expectedSeconds;
    private final AtomicBoolean asked = new AtomicBoolean();

    /** @param door whose request it is; null where nobody can end it */
    Eviction(Router router, Booking booking, @Nullable Waiter door) {
        this.router = router;
        this.booking = booking;
        this.door = door;
    }

    /** It was placed at an endpoint, now. */
    void placed() {
        placedNanos = router.nanoTime();
        expectedSeconds = booking.predictedSeconds();
    }

    private double elapsedSeconds() {
        return Math.max(0, router.nanoTime() - placedNanos) * 1e-9;
    }

    @Override
    public boolean evictable() {
        return door != null && !asked.get() && !booking.finished() && door.evictable();
    }

    @Override
    public boolean begun() {
        return booking.begun();
    }

    @Override
    public double spentSeconds() {
        return Math.min(expectedSeconds, elapsedSeconds());
    }

    @Override
    public double secondsLeft() {
        return Math.max(0, expectedSeconds - elapsedSeconds());
    }

    @Override
    public boolean evict(Refusal refusal) {
        var asks = door;
        if (asks == null || booking.finished() || !asks.evictable() || !asked.compareAndSet(false, true)) {
            return false;
        }
        try {
            asks.execute(() -> {
                if (!booking.finished()) {
                    asks.evict(refusal);
                }
            });
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }
}
