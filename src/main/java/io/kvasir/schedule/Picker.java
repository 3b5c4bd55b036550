package io.kvasir.schedule;

/** Turns the candidates' totals into an order of preference. */
public interface Picker extends Plugin {

    /**
     * Orders the best candidates.
     *
     * @param totals weighted sums over places
     * @param order to be set: the places of the best {@code wanted} candidates, best first
     * @param wanted 1 or more, at most the number of candidates
     * @return how many at the front were equally good, 1 or more
     */
    int pick(SchedulingContext context, double[] totals, int[] order, int wanted);

    /** How many endpoints are named to a gateway that can read a list, the pick included; 1 or more. */
    default int named() {
        return 1;
    }
}
