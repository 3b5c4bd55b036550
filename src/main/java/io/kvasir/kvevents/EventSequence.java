package io.kvasir.kvevents;

/**
 * The numbers of one publisher's batches: which of them to apply, and what was missed. A publisher counts from 0 and begins
 * again when it restarts; a batch that is older than the newest by number and newer by its time is a new life's.
 */
final class EventSequence {
    /** What to do with a batch. */
    enum Step {
        /** It is the next one. */
        APPLY,
        /** It was seen. */
        DROP,
        /** Batches before it are missing. */
        GAP,
        /** The publisher lives anew: what it said before is void. The batch is to be looked at again after that. */
        RESTART
    }

    private static final long NONE = -1;

    private long applied = NONE;
    private double newest = Double.NaN;

    /** The number of the last batch that was applied; -1 for none. */
    long applied() {
        return applied;
    }

    /** The number that comes next. */
    long expected() {
        return applied + 1;
    }

    /**
     * Looks at a batch.
     *
     * @param number 0 or more
     * @param seconds its publisher's time; NaN for unknown
     */
    Step step(long number, double seconds) {
        if (number == expected()) {
            return Step.APPLY;
        }
        if (number > applied) {
            return Step.GAP;
        }
        boolean anew = Double.isNaN(seconds) || Double.isNaN(newest) ? number == 0 : seconds > newest;
        return anew ? Step.RESTART : Step.DROP;
    }

    /** A batch was applied, or all before it were given up. */
    void applied(long number, double seconds) {
        applied = number;
        // of a batch that cannot be read the time is not known, and what was known of it stays so
        if (seconds > newest || Double.isNaN(newest)) {
            newest = seconds;
        }
    }

    /** A new life begins. */
    void restart() {
        applied = NONE;
        newest = Double.NaN;
    }
}
