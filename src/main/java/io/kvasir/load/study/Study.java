package io.kvasir.load.study;

import io.kvasir.load.Rate;
import io.kvasir.load.replay.ReplaySettings;
import io.kvasir.load.replay.Slo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * One question and the runs that answer it: each arm in each cell with each seed.
 *
 * @param name of its file
 * @param question what the runs are to show
 * @param pools names or specifications, as {@link StudyPools} reads them
 * @param workloads names, as {@link io.kvasir.load.workload.Workloads} knows them
 * @param loads requests per second, or shares of the measured capacity
 * @param arms names; the first is what the others are compared with
 * @param seeds of workloads, of engines' hidden rates and of chance in decisions
 * @param seconds of arrivals in a run
 * @param warmUpSeconds of these, the first that are not counted
 * @param drainSeconds that requests have to end after the last arrival
 * @param distortion how wrong the router's catalogue of hardware is: a factor per class, up or down by seed; 1 for right but
 *     for the hidden rates
 * @param slo what requests are to meet; null for the workload's own
 * @param routers that share the traffic
 * @param oracleSeeds with how many of the seeds each decision is compared with the informed greedy's
 * @param capacity how capacity is measured
 * @param traces folder of recorded workloads
 */
record Study(
        String name,
        String question,
        List<String> pools,
        List<String> workloads,
        List<Rate> loads,
        List<String> arms,
        List<Long> seeds,
        double seconds,
        double warmUpSeconds,
        double drainSeconds,
        double distortion,
        @Nullable Slo slo,
        int routers,
        int oracleSeeds,
        CapacityPlan capacity,
        Path traces) {

    /**
     * Capacity is the greatest rate at which one arm still gives a share of all requests what they ask for.
     *
     * @param arm its name
     * @param share of requests that meet their SLO, above 0, at most 1
     * @param seconds of arrivals in each try
     * @param known capacities that were measured before, in requests per second; others are measured
     */
    record CapacityPlan(String arm, double share, double seconds, Map<Capacity, Double> known) {
        CapacityPlan {
            known = Map.copyOf(known);
        }

        /** What was measured before with a seed, or is taken for all of them; empty where it is to be measured. */
        OptionalDouble known(Cell cell, long seed) {
            var perSecond = known.get(Capacity.of(cell, seed));
            if (perSecond == null) {
                perSecond = known.get(new Capacity(cell.pool(), cell.workload(), Capacity.ALL_SEEDS));
            }
            return perSecond == null ? OptionalDouble.empty() : OptionalDouble.of(perSecond);
        }

        /** What it depends on, for files. */
        String settings() {
            return String.format(
                    Locale.ROOT,
                    "where %s still meets the SLO of %.0f %% of requests, over %.0f s",
                    arm,
                    100 * share,
                    seconds);
        }
    }

    /**
     * What has a capacity: engines are as fast as their seed says, and so is the same pool with another seed another one.
     *
     * @param seed {@link #ALL_SEEDS} where the same is taken for all
     */
    record Capacity(String pool, String workload, @Nullable Long seed) {
        static final @Nullable Long ALL_SEEDS = null;

        static Capacity of(Cell cell, long seed) {
            return new Capacity(cell.pool(), cell.workload(), seed);
        }

        /** A name for people. */
        String label() {
            return pool + " · " + workload + (seed == null ? "" : " · seed " + seed);
        }
    }

    /**
     * What all arms meet alike.
     *
     * @param pool name or specification
     * @param workload name
     * @param load as asked
     */
    record Cell(String pool, String workload, Rate load) {
        /** A name for people. */
        String label() {
            return pool + " · " + workload + " · " + load;
        }
    }

    /** All cells, in the order of the study's lists. */
    List<Cell> cells() {
        var cells = new ArrayList<Cell>();
        for (var pool : pools) {
            for (var workload : workloads) {
                for (var load : loads) {
                    cells.add(new Cell(pool, workload, load));
                }
            }
        }
        return cells;
    }

    /** How the run of a seed is made. */
    ReplaySettings settings(long seed) {
        var usual = ReplaySettings.DEFAULT;
        return new ReplaySettings(
                usual.pageSeconds(),
                usual.idlePageSeconds(),
                usual.networkSeconds(),
                drainSeconds,
                warmUpSeconds,
                true,
                seeds.indexOf(seed) >= 0 && seeds.indexOf(seed) < oracleSeeds,
                routers);
    }

    /** The same where no capacity was measured before. */
    Study unmeasured() {
        return new Study(
                name,
                question,
                pools,
                workloads,
                loads,
                arms,
                seeds,
                seconds,
                warmUpSeconds,
                drainSeconds,
                distortion,
                slo,
                routers,
                oracleSeeds,
                new CapacityPlan(capacity.arm(), capacity.share(), capacity.seconds(), Map.of()),
                traces);
    }

    /** What a cell's results depend on beside pool, workload, load, arm and seed: others of these are other results. */
    String conditions(Cell cell, long seed) {
        var known = capacity.known(cell, seed);
        return cell.load().needsCapacity() && known.isPresent()
                ? conditions() + " as " + known.getAsDouble() + "/s"
                : conditions();
    }

    /** What the results of all cells depend on. */
    String conditions() {
        return String.format(
                        Locale.ROOT,
                        "%s s, warm-up %s s, drain %s s, distortion %s, SLO %s, capacity %s",
                        seconds,
                        warmUpSeconds,
                        drainSeconds,
                        distortion,
                        slo == null
                                ? "the workload's"
                                : slo.ttftSeconds() + " s and " + slo.tpotSeconds() + " s a token",
                        loads.stream().anyMatch(Rate::needsCapacity) ? capacity.settings() : "not measured")
                + (routers == 1 ? "" : ", " + routers + " routers");
    }

    /** What a measured capacity depends on beside pool, workload and seed. */
    String capacityConditions() {
        return String.format(
                Locale.ROOT,
                "%s, warm-up %s s at most, drain %s s, distortion %s, SLO %s",
                capacity.settings(),
                warmUpSeconds,
                drainSeconds,
                distortion,
                slo == null ? "the workload's" : slo.ttftSeconds() + " s and " + slo.tpotSeconds() + " s a token");
    }
}
