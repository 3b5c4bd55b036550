package io.kvasir.admission.flow;

import org.jspecify.annotations.Nullable;

/** How long requests may wait, by their bands and while the pool has no endpoint. Guarded by the lock of the queue. */
final class Patience {
    private static final double SECOND = 1e9;

    private final Bands bands;
    private boolean empty;
    private long filledNanos;

    /** @param empty whether the pool has no endpoint now */
    Patience(Bands bands, boolean empty, long nowNanos) {
        this.bands = bands;
        this.empty = empty;
        filledNanos = nowNanos;
    }

    /** Whether the pool has no endpoint. */
    boolean poolEmpty() {
        return empty;
    }

    void poolEmpty(boolean now, long nowNanos) {
        if (empty != now) {
            empty = now;
            filledNanos = nowNanos;
        }
    }

    /** When its wait ends at the latest: by the clock of its client, or when no setting would have it go on. */
    static long deadline(Held held) {
        return held.heldNanos() + Math.min(held.patienceNanos(), Math.round(2 * BandSettings.MOST_SECONDS * SECOND));
    }

    /** When its time is over, as the pool is now. */
    private long ends(Held held) {
        double alone = bands.settings().noEndpointSeconds();
        double longest = held.tenant().band().settings().longestWaitSeconds();
        long came = held.heldNanos();
        // an empty pool that fills, or one that empties, begins a wait of another kind, but not again and again
        long ends = came + Math.max(0, filledNanos - came) + Math.round((empty ? alone : longest) * SECOND);
        return Math.min(ends, came + Math.round((longest + alone) * SECOND));
    }

    /** Seconds that it goes on waiting at most, by its client and as the pool is now. */
    double secondsLeft(Held held, long nowNanos) {
        double left = (ends(held) - nowNanos) / SECOND;
        return held.patienceNanos() == Long.MAX_VALUE
                ? left
                : Math.min(left, (held.patientUntil() - nowNanos) / SECOND);
    }

    /**
     * The next of a band whose time is over; null where there is none.
     *
     * @param from where to begin; null for nowhere
     */
    @Nullable
    Held over(@Nullable Held from, long nowNanos) {
        for (var one = from; one != null; one = one.newer) {
            if (nowNanos - ends(one) >= 0) {
                return one;
            }
            if (one.orderNanos() == one.heldNanos()) {
                // all behind it came later
                return null;
            }
        }
        return null;
    }
}
