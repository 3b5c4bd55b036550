package io.kvasir.scrape;

/**
 * When one endpoint's next page is due. Pages of an interval lie on a grid that is shifted by the endpoint's phase, so
 * that endpoints are spread and a late page does not push the next ones. Not thread-safe; on its loop only.
 */
final class PageTimer {
    /** Shifts of the grid, each a tenth of an interval further. */
    static final int PHASES = 10;

    private final long origin;
    private final int phase;
    private final long activeNanos;
    private final long idleNanos;
    private final long refreshNanos;
    private final long maxBackoffNanos;
    private final double engineShare;
    private final long longestNanos;
    private long costNanos;
    private boolean working;
    private int failures;
    private long askedAt;
    private long due;

    /**
     * @param originNanos time at which the grid of all endpoints begins
     * @param phase this endpoint's shift, 0 to {@link #PHASES} - 1
     */
    PageTimer(ScrapeSettings settings, long originNanos, int phase, long nowNanos) {
        origin = originNanos;
        this.phase = phase;
        activeNanos = settings.activeInterval().toNanos();
        idleNanos = settings.idleInterval().toNanos();
        refreshNanos = settings.refreshAge().toNanos();
        maxBackoffNanos = settings.maxBackoff().toNanos();
        engineShare = settings.engineShare();
        longestNanos = settings.longestInterval().toNanos();
        due = slotAfter(nowNanos, activeNanos);
        askedAt = nowNanos - refreshNanos;
    }

    /** When the next page is due, in ns on the loop's clock. */
    long due() {
        return due;
    }

    /** Failures since the last good page. */
    int failures() {
        return failures;
    }

    /** The page is being asked for. */
    void asked(long nowNanos) {
        askedAt = nowNanos;
        due = next(nowNanos);
    }

    /** The page is due but the one before is still awaited. */
    void skipped(long nowNanos) {
        due = next(nowNanos);
    }

    /**
     * A page came.
     *
     * @param nowWorking whether it or the router's books show requests
     * @param awaitedNanos the time that it took the engine
     */
    void came(long nowNanos, boolean nowWorking, long awaitedNanos) {
        // a page that is late once costs no more than it did; one that is cheap again is believed sooner
        costNanos += (awaitedNanos - costNanos) / (awaitedNanos > costNanos ? 4 : 2);
        boolean wasBroken = failures > 0;
        failures = 0;
        boolean faster = nowWorking && !working;
        working = nowWorking;
        if (faster || wasBroken) {
            due = next(nowNanos);
        }
    }

    /** No page came; the pause doubles with each failure in a row. */
    void failed(long nowNanos) {
        failures = Math.min(failures + 1, 30);
        due = nowNanos + Math.min(maxBackoffNanos, interval() << Math.min(failures, 20));
    }

    /** The router's books show requests in flight there. */
    void hasRequests(long nowNanos) {
        if (!working && failures == 0) {
            working = true;
            due = Math.min(due, next(nowNanos));
        }
    }

    /**
     * Somebody wants a page that is not old.
     *
     * @return whether that made the next page due now
     */
    boolean refresh(long nowNanos) {
        if (failures > 0 || due <= nowNanos || nowNanos - askedAt < atCost(refreshNanos)) {
            return false;
        }
        due = nowNanos;
        return true;
    }

    private long interval() {
        return atCost(working ? activeNanos : idleNanos);
    }

    /** When the next page is due; off the grid where cost tells, as a grid that stretches would have slots too close. */
    private long next(long now) {
        long told = working ? activeNanos : idleNanos;
        long interval = atCost(told);
        return interval > told ? now + interval : slotAfter(now, told);
    }

    /** As long as that, or longer where pages would take more of the engine's time than they may. */
    private long atCost(long interval) {
        return Math.max(interval, (long) Math.min(longestNanos, costNanos / engineShare));
    }

    private long slotAfter(long now, long interval) {
        long first = origin + interval / PHASES * phase;
        return now + interval - Math.floorMod(now - first, interval);
    }
}
