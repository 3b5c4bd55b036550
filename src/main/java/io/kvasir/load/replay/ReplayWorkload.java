package io.kvasir.load.replay;

import java.util.List;

/** What is asked of a pool: requests, as a function of a seed and a rate. */
public interface ReplayWorkload {
    /** Name in reports. */
    String name();

    /**
     * The requests, each at the place of its id. The same for the same arguments.
     *
     * @param seed of all chance in it
     * @param rate requests per second on average, those that wait for others counted
     */
    List<ReplayRequest> requests(long seed, double rate);
}
