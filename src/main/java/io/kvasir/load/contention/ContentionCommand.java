package io.kvasir.load.contention;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.failure.FailureText;
import io.kvasir.load.replay.ReplayPool;
import io.kvasir.load.replay.ReplayResult;
import io.kvasir.load.replay.ReplayRun;
import io.kvasir.load.replay.ReplaySettings;
import io.kvasir.load.replay.arm.Arms;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code replay contention FILE…}: each scenario alone, without and with flow control, by each of its seeds. */
public final class ContentionCommand {
    private static final int USAGE = 2;
    private static final int FAILED = 1;

    private ContentionCommand() {}

    /**
     * Runs the command.
     *
     * @param files scenarios
     * @return exit status: 0; 1 if a file could not be read; 2 if it is not right, or none is named
     */
    public static int run(List<String> files, PrintWriter out, PrintWriter err) {
        if (files.isEmpty() || files.getFirst().startsWith("-")) {
            out.println("usage: kvasir replay contention FILE...   (scenarios in load-tests/contention)");
            out.flush();
            return files.isEmpty() ? USAGE : 0;
        }
        try {
            for (String file : files) {
                answer(ContentionReader.read(Path.of(file)), out);
            }
            return 0;
        } catch (IllegalArgumentException | InvalidConfigException e) {
            err.println("kvasir: " + e.getMessage());
            return USAGE;
        } catch (IOException e) {
            err.println("kvasir: " + FailureText.outermost(e));
            return FAILED;
        }
    }

    private static void answer(Contention scenario, PrintWriter out) {
        out.println("## " + scenario.name() + ": " + scenario.question());
        for (long seed : scenario.seeds()) {
            boolean measured = scenario.streams().stream().anyMatch(Stream::measured);
            var alone = measured ? run(scenario, seed, true, null) : null;
            say(scenario, seed, "without flow control", run(scenario, seed, false, null), alone, out);
            say(scenario, seed, "with flow control", run(scenario, seed, false, scenario.flow()), alone, out);
        }
    }

    private static void say(
            Contention scenario,
            long seed,
            String how,
            ReplayResult result,
            @Nullable ReplayResult alone,
            PrintWriter out) {
        var report = new ContentionReport(scenario, result, alone);
        out.printf(
                Locale.ROOT,
                "seed %d, %s (%.0f virtual s in %.1f s)%n%s",
                seed,
                how,
                result.virtualSeconds(),
                result.wallSeconds(),
                report.text());
        Map<String, Double> shares = new TreeMap<>(report.shares());
        if (shares.size() > 2) {
            var line = new StringBuilder("  share of fair:");
            shares.forEach((tenant, share) -> line.append(String.format(Locale.ROOT, " %s %.2f", tenant, share)));
            out.println(line);
        }
        out.flush();
    }

    private static ReplayResult run(Contention scenario, long seed, boolean alone, @Nullable FlowSettings flow) {
        var usual = ReplaySettings.DEFAULT;
        var settings = new ReplaySettings(
                usual.pageSeconds(),
                usual.idlePageSeconds(),
                usual.networkSeconds(),
                scenario.drainSeconds(),
                0,
                true,
                false);
        return new ReplayRun(
                        ReplayPool.of(scenario.name(), scenario.pool()),
                        scenario.workload(alone),
                        Arms.named("kvasir"),
                        seed,
                        1,
                        settings,
                        flow)
                .run();
    }
}
