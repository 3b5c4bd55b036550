package io.kvasir.load;

import io.kvasir.clock.ScaledClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the runs of a scenario that are not saved yet. */
final class Comparison {
    /** What a router that was there already is called in place of a policy. */
    private static final String TARGET = "target";

    private final Options options;
    private final ResultStore results;
    private final PrintWriter out;
    private final Progress progress;

    /**
     * How runs are made.
     *
     * @param program what to start; null if {@code target} is given
     * @param target a router that is there already; null to start one for each run
     * @param model name of the model to ask for
     * @param fresh whether saved runs are made again
     * @param saveRequests whether to save what became of each request
     * @param reportOnly whether to make no run
     * @param virtual whether each run is made in virtual time too, to be compared
     */
    record Options(
            @Nullable Program program,
            @Nullable URI target,
            String model,
            boolean fresh,
            boolean saveRequests,
            boolean reportOnly,
            boolean virtual) {}

    Comparison(Options options, ResultStore results, PrintWriter out, Progress progress) {
        this.options = options;
        this.results = results;
        this.out = out;
        this.progress = progress;
    }

    /**
     * Makes the runs and says how each went.
     *
     * @throws IOException in one line, if a process cannot be started or dies
     */
    ScenarioReport run(Scenario scenario) throws IOException {
        var whole = MooncakeReader.read(scenario.trace());
        var trace = scenario.slice(whole);
        var ideal = trace.idealCachedTokens();
        var report = new ScenarioReport(scenario);
        var policies = options.target == null ? scenario.policies() : List.of(TARGET);
        for (long seed : scenario.seeds()) {
            var schedule = Schedule.spread(trace, seed);
            for (var rate : scenario.rates()) {
                for (var policy : policies) {
                    var arm = new Arm(rate, policy, seed);
                    var saved = options.fresh ? Optional.<RunSummary>empty() : results.run(scenario, arm);
                    if (saved.isPresent()) {
                        report.add(arm, saved.get());
                        virtual(scenario, arm, schedule.at(saved.get().offered()), saved.get());
                    } else if (!options.reportOnly) {
                        double capacity = rate.needsCapacity() ? capacity(scenario, whole, seed) : 0;
                        var at = schedule.at(rate.perSecond(schedule.rate(), capacity));
                        var real = run(scenario, arm, at, ideal);
                        report.add(arm, real);
                        virtual(scenario, arm, at, real);
                    }
                }
            }
        }
        return report;
    }

    private void virtual(Scenario scenario, Arm arm, Schedule schedule, RunSummary real) {
        if (options.virtual) {
            progress.step(scenario.name() + " " + arm + " in virtual time");
            var line = VirtualRun.line(arm, real, VirtualRun.of(scenario, arm, schedule));
            progress.clear();
            say(line);
        }
    }

    private RunSummary run(Scenario scenario, Arm arm, Schedule schedule, int[] ideal) throws IOException {
        progress.step(scenario.name() + " " + arm);
        Replay.Run run;
        if (options.target != null) {
            var replay = new Replay(
                    options.target,
                    options.model,
                    clock(scenario),
                    new EndpointClasses(),
                    () -> CpuSeconds.NONE,
                    progress);
            replay.warmUp(scenario.warmUp());
            run = replay.run(schedule, ideal, scenario.drainSeconds());
        } else {
            try (var bed = start(scenario, arm.policy(), arm.seed())) {
                var replay = replay(scenario, bed);
                replay.warmUp(scenario.warmUp());
                run = replay.run(schedule, ideal, scenario.drainSeconds());
                bed.check();
            }
        }
        results.save(scenario, arm, run.summary());
        if (options.saveRequests) {
            results.saveRequests(scenario, arm, run.samples(), ideal);
        }
        progress.clear();
        say(ScenarioReport.line(arm, run.summary()));
        return run.summary();
    }

    private double capacity(Scenario scenario, Trace whole, long seed) throws IOException {
        var saved = results.capacity(scenario, seed);
        if (saved.isPresent()) {
            return saved.getAsDouble();
        }
        var plan = scenario.capacity();
        progress.step(scenario.name() + " capacity, seed " + seed);
        double perSecond;
        if (options.target != null) {
            throw new IllegalArgumentException(
                    "rates: capacity is measured on engines of our own only; with --target allowed: x2, 35/s");
        }
        try (var bed = start(scenario, plan.policy(), seed)) {
            var replay = replay(scenario, bed);
            replay.warmUp(scenario.warmUp());
            perSecond = replay.capacity(whole.first(plan.requests()), plan.concurrency());
            bed.check();
        }
        results.saveCapacity(scenario, seed, perSecond);
        progress.clear();
        say(String.format(Locale.ROOT, "capacity of the pool, seed %d: %.2f requests a second", seed, perSecond));
        return perSecond;
    }

    private TestBed start(Scenario scenario, String policy, long seed) throws IOException {
        if (options.program == null) {
            throw new IllegalStateException("no program to start");
        }
        return TestBed.start(options.program, scenario, policy, seed);
    }

    private static ScaledClock clock(Scenario scenario) {
        return ScaledClock.of(System::nanoTime, scenario.timeScale());
    }

    private Replay replay(Scenario scenario, TestBed bed) {
        return new Replay(bed.target(), options.model, clock(scenario), bed.classes(), bed::cpuSeconds, progress);
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
