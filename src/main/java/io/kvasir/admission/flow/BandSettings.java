package io.kvasir.admission.flow;

/**
 * How requests of one priority are served while they wait.
 *
 * @param weight share of service beside other bands whose requests wait; 0 for {@value #STEP} times that of the next
 *     lower band. With {@link FlowSettings#strict} it counts for nothing
 * @param longestWaitSeconds for which a request waits at most; then it is refused. Clients' own times only shorten it
 * @param ordering which of one tenant's requests is first
 * @param limits how much may wait
 */
public record BandSettings(double weight, double longestWaitSeconds, Ordering ordering, Limits limits) {
    /** How many times the weight of the next lower band a band has whose weight is not said. */
    public static final int STEP = 8;

    /** The longest that a band may let wait, in seconds: a day. */
    public static final double MOST_SECONDS = 86_400;

    /**
     * Of priorities from 0 that are not configured. Where more comes than can be served, most of it waits hardly longer for
     * that, and what takes an engine long waits for the reserve at most.
     */
    public static final BandSettings DEFAULT = new BandSettings(0, 60, Ordering.SHORTEST, Limits.OF_BAND);

    /** Of those below 0: nobody looks on, so that each is served in its turn, and can be told when that is. */
    public static final BandSettings NEGATIVE = DEFAULT.ordered(Ordering.FCFS);

    /** @throws IllegalArgumentException with key, bad value and allowed ones */
    public BandSettings {
        if (weight != 0) {
            Settings.seconds("weight", weight, 1e-3, 1e6);
        }
        Settings.seconds("longestWait", longestWaitSeconds, 1e-3, MOST_SECONDS);
    }

    /** The same with that ordering. */
    public BandSettings ordered(Ordering other) {
        return new BandSettings(weight, longestWaitSeconds, other, limits);
    }
}
