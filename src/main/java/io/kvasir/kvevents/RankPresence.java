package io.kvasir.kvevents;

/** Whether somebody is there who publishes a rank's events, as its connection shows. By one thread. */
final class RankPresence {
    /** How long nobody has to have listened at a rank's port until it is taken for gone, in ns. */
    static final long ABSENT_NANOS = 10_000_000_000L;

    private boolean connected = true;
    /** Whether somebody has greeted at the connection that there is. */
    private boolean there;

    /** Whether the last connection was accepted and nobody greeted there. */
    private boolean unresponsive;

    /** Whether nobody listened there when it was last tried, and since when. */
    private boolean refused;

    private long refusedSince;
    private boolean gone;

    /**
     * Somebody greeted.
     *
     * @return whether the connection had been broken
     */
    boolean greeted() {
        boolean again = !connected;
        connected = true;
        there = true;
        unresponsive = false;
        refused = false;
        return again;
    }

    /**
     * The connection broke.
     *
     * @return whether it was there
     */
    boolean broke() {
        there = false;
        boolean was = connected;
        connected = false;
        return was;
    }

    /** A connection was accepted. */
    void accepted() {
        refused = false;
    }

    /**
     * Nobody greeted there in time.
     *
     * @return whether that is new
     */
    boolean ungreeted() {
        boolean first = !unresponsive;
        unresponsive = true;
        return first;
    }

    /** A connection was not accepted: nobody listens there. */
    void refused(long now) {
        unresponsive = false;
        if (!refused) {
            refused = true;
            refusedSince = now;
        }
    }

    /**
     * Its process is gone, or is there after all.
     *
     * @return whether that is new
     */
    boolean gone(boolean now) {
        boolean changed = gone != now;
        gone = now;
        return changed;
    }

    boolean isConnected() {
        return connected;
    }

    /** Whether somebody is there now. */
    boolean isThere() {
        return there;
    }

    /** Whether the last connection was accepted and nobody greeted there. */
    boolean isUnresponsive() {
        return unresponsive;
    }

    /** Whether nobody has listened there for a while. */
    boolean isAbsent(long now) {
        return refused && !there && now - refusedSince >= ABSENT_NANOS;
    }

    /** Whether it is known to be there no more. */
    boolean isGone() {
        return gone;
    }
}
