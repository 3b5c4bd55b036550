package io.kvasir.load;

import io.kvasir.load.replay.ArmContext;
import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayArm;
import io.kvasir.load.replay.ReplayPool;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayResult;
import io.kvasir.load.replay.ReplayRun;
import io.kvasir.load.replay.ReplaySettings;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.schedule.Policy;
import io.kvasir.sim.SimulatedPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The same run in virtual time: the same arrivals, prompts, hidden rates and policy, without processes and sockets. */
final class VirtualRun {
    /** Ids of answers, above those of a trace's blocks. */
    private static final long ANSWERS = 1L << 60;

    /** A policy of the program as an arm. */
    private record PolicyArm(String name, Policy policy) implements ReplayArm {
        @Override
        public String source() {
            return "--policy " + name;
        }

        @Override
        public Chooser start(ArmContext context) {
            var profile = policy.profile(context.time());
            return () -> profile;
        }
    }

    /** A schedule as it is, whatever the seed and the rate: these have made it. */
    private record Scheduled(String name, Schedule schedule) implements ReplayWorkload {
        @Override
        public List<ReplayRequest> requests(long seed, double rate) {
            var requests = new ArrayList<ReplayRequest>(schedule.size());
            for (int i = 0; i < schedule.size(); i++) {
                var request = schedule.request(i);
                int output = request.outputTokens();
                requests.add(new ReplayRequest(
                        i,
                        -1,
                        -1,
                        schedule.seconds(i),
                        0,
                        shape(request),
                        ANSWERS + i,
                        output,
                        output,
                        "",
                        "trace",
                        null));
            }
            return requests;
        }

        private static PromptShape shape(TraceRequest request) {
            var ids = new long[request.blockCount()];
            var tokens = new int[ids.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = request.block(i);
                tokens[i] = request.tokensOfBlock(i);
            }
            return PromptShape.of(ids, tokens);
        }
    }

    private VirtualRun() {}

    /**
     * Makes the run.
     *
     * @throws IllegalArgumentException where the policy is unknown or the pool is one that virtual time has not
     */
    static ReplayResult of(Scenario scenario, Arm arm, Schedule schedule) {
        var policy = Policy.parse(arm.policy())
                .orElseThrow(() -> new IllegalArgumentException(
                        "policies: bad value \"" + arm.policy() + "\"; allowed: " + Policy.allowed()));
        var pool = ReplayPool.of(scenario.name(), scenario.pool()).named(SimulatedPool.DEFAULT_MODEL);
        return new ReplayRun(
                        pool,
                        new Scheduled(scenario.name(), schedule),
                        new PolicyArm(arm.policy(), policy),
                        arm.seed(),
                        schedule.rate(),
                        ReplaySettings.DEFAULT)
                .run();
    }

    /** What it came to, and how many times as much that is as in real time. */
    static String line(Arm arm, RunSummary real, ReplayResult virtual) {
        var ttft = spread(virtual, RequestResult::ttftSeconds);
        var tpot = spread(virtual, RequestResult::tpotSeconds);
        var e2e = spread(virtual, RequestResult::e2eSeconds);
        return String.format(
                Locale.ROOT,
                "%s in virtual time (%.1f s): TTFT p50 %s p90 %s s, TPOT p50 %s s, E2E p50 %s p90 %s s",
                arm,
                virtual.wallSeconds(),
                beside(ttft.p50(), real.ttft().p50()),
                beside(ttft.p90(), real.ttft().p90()),
                beside(tpot.p50(), real.tpot().p50()),
                beside(e2e.p50(), real.e2e().p50()),
                beside(e2e.p90(), real.e2e().p90()));
    }

    private static String beside(double virtual, double real) {
        return String.format(Locale.ROOT, "%.4f (x%.2f)", virtual, virtual / real);
    }

    private static Spread spread(ReplayResult result, ToDoubleFunction<RequestResult> time) {
        return Spread.of(result.requests().stream()
                .mapToDouble(time)
                .filter(seconds -> !Double.isNaN(seconds))
                .toArray());
    }
}
