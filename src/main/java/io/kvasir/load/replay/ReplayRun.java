package io.kvasir.load.replay;

import io.kvasir.admission.flow.FlowSettings;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One run to be made.
 *
 * @param pool what requests are routed to
 * @param workload what is asked
 * @param arm who decides
 * @param seed of the workload, of the engines' hidden rates and of all chance in decisions
 * @param rate requests per second, as {@link ReplayWorkload#requests} takes it
 * @param settings how the run is made
 * @param flow how requests wait; null where all are let in
 */
public record ReplayRun(
        ReplayPool pool,
        ReplayWorkload workload,
        ReplayArm arm,
        long seed,
        double rate,
        ReplaySettings settings,
        @Nullable FlowSettings flow) {

    /** One in which requests wait as they do with its arm. */
    public ReplayRun(
            ReplayPool pool, ReplayWorkload workload, ReplayArm arm, long seed, double rate, ReplaySettings settings) {
        this(pool, workload, arm, seed, rate, settings, arm.flow());
    }

    /** Makes the run, in this thread. */
    public ReplayResult run() {
        return run(_ -> {});
    }

    /**
     * Makes the run, in this thread.
     *
     * @param progress told now and then which share of the requests has arrived, 0 to 1
     */
    public ReplayResult run(DoubleConsumer progress) {
        return new VirtualTime(this, progress).run();
    }
}
