package io.kvasir.load;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * One question and the runs that answer it: each policy at each rate with each seed, on fresh engines and a fresh
 * router.
 *
 * @param name of its file
 * @param question what the runs are to show
 * @param trace the trace's file
 * @param requests how many of its first requests; 0 for all
 * @param minutes how many of its first minutes; 0 for all
 * @param uniquePrompts whether prompts are made to share nothing
 * @param pool engines, as {@code simulate --pool} takes them
 * @param policies the router's policies
 * @param rates how fast the trace is replayed
 * @param seeds of schedules and of the engines' hidden rates
 * @param timeScale simulated seconds per real second
 * @param streamInterval tokens in an event of a stream after its first; more make a high time scale affordable
 * @param refresh interval of metrics, as {@code serve} takes it; empty for its default
 * @param drainSeconds simulated seconds that requests have to end after the last is sent
 * @param warmUp small requests sent before, which warm up the programs and are not counted
 * @param capacity how the pool's capacity is measured
 */
record Scenario(
        String name,
        String question,
        Path trace,
        int requests,
        double minutes,
        boolean uniquePrompts,
        String pool,
        List<String> policies,
        List<Rate> rates,
        List<Long> seeds,
        double timeScale,
        int streamInterval,
        String refresh,
        double drainSeconds,
        int warmUp,
        CapacityPlan capacity) {

    /**
     * A closed loop under one policy; the rate at which it completes is the pool's capacity.
     *
     * @param policy the router's policy
     * @param concurrency requests in flight
     * @param requests of the trace, from its start
     */
    record CapacityPlan(String policy, int concurrency, int requests) {}

    /** What results depend on beside the arm: saved results of other settings are not this scenario's. */
    String settings() {
        return String.format(
                Locale.ROOT,
                "trace %s, %s, %s prompts; pool %s; time scale %s, %d tokens an event; refresh %s; drain %s s; warm-up %d; capacity %s",
                trace.getFileName(),
                slice(),
                uniquePrompts ? "unique" : "shared",
                pool,
                timeScale,
                streamInterval,
                refresh.isEmpty() ? "default" : refresh,
                drainSeconds,
                warmUp,
                rates.stream().anyMatch(Rate::needsCapacity) ? capacitySettings() : "not measured");
    }

    /** What the measured capacity depends on beside the seed. */
    String capacitySettings() {
        return String.format(
                Locale.ROOT,
                "%d in flight under %s, %d requests of %s, pool %s, time scale %s, %d tokens an event",
                capacity.concurrency,
                capacity.policy,
                capacity.requests,
                trace.getFileName(),
                pool,
                timeScale,
                streamInterval);
    }

    private String slice() {
        return requests > 0
                ? "first " + requests + " requests"
                : minutes > 0 ? "first " + minutes + " minutes" : "all requests";
    }

    /** The trace, cut and changed as the scenario says. */
    Trace slice(Trace whole) {
        var cut = requests > 0 ? whole.first(requests) : minutes > 0 ? whole.firstMinutes(minutes) : whole;
        return uniquePrompts ? cut.unique() : cut;
    }
}
