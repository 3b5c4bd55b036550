package io.kvasir.load.replay;

/**
 * How a run is made. Times are in seconds of virtual time.
 *
 * @param pageSeconds between two metrics pages of a replica that works
 * @param idlePageSeconds between two of one that does not
 * @param networkSeconds that a token takes from its engine to the client, the request's way there included
 * @param drainSeconds how long after the last arrival answers are awaited; what has not ended then counts as unfinished
 * @param warmUpSeconds requests that arrive before that are served and not in the result
 * @param perturbed whether each hardware class is faster or slower than its profile by up to 1.25, by the seed
 * @param oracle whether every decision is compared with what the informed greedy would have done
 * @param routers that share the traffic, each with books, beliefs and rates of its own; requests come to them in turn
 */
public record ReplaySettings(
        double pageSeconds,
        double idlePageSeconds,
        double networkSeconds,
        double drainSeconds,
        double warmUpSeconds,
        boolean perturbed,
        boolean oracle,
        int routers) {
    /** Pages as the scraper reads them by default, 0.5 ms of network, 10 min of draining, hidden rates, no comparison. */
    public static final ReplaySettings DEFAULT = new ReplaySettings(0.05, 1, 0.0005, 600, 0, true, false);

    public ReplaySettings {
        if (routers < 1) {
            throw new IllegalArgumentException("routers: bad value \"" + routers + "\"; allowed: 1 and more");
        }
    }

    /** How a run of one router is made. */
    public ReplaySettings(
            double pageSeconds,
            double idlePageSeconds,
            double networkSeconds,
            double drainSeconds,
            double warmUpSeconds,
            boolean perturbed,
            boolean oracle) {
        this(pageSeconds, idlePageSeconds, networkSeconds, drainSeconds, warmUpSeconds, perturbed, oracle, 1);
    }

    /** The same with every decision compared. */
    public ReplaySettings withOracle() {
        return new ReplaySettings(
                pageSeconds, idlePageSeconds, networkSeconds, drainSeconds, warmUpSeconds, perturbed, true, routers);
    }

    /** The same with other intervals between pages. */
    public ReplaySettings withPages(double working, double idle) {
        return new ReplaySettings(
                working, idle, networkSeconds, drainSeconds, warmUpSeconds, perturbed, oracle, routers);
    }

    /** The same without the requests that arrive before that. */
    public ReplaySettings withWarmUp(double seconds) {
        return new ReplaySettings(
                pageSeconds, idlePageSeconds, networkSeconds, drainSeconds, seconds, perturbed, oracle, routers);
    }

    /** The same with so many routers. */
    public ReplaySettings withRouters(int count) {
        return new ReplaySettings(
                pageSeconds, idlePageSeconds, networkSeconds, drainSeconds, warmUpSeconds, perturbed, oracle, count);
    }
}
