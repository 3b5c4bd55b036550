package io.kvasir.load;

import static io.kvasir.load.CommandOptions.flag;
import static io.kvasir.load.CommandOptions.help;
import static io.kvasir.load.CommandOptions.option;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.failure.FailureText;
import io.kvasir.load.extproc.ExtProcLoadTest;
import io.kvasir.load.report.ReportPage;
import io.kvasir.sim.SimulatedPool;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The {@code load-test} subcommand: makes the runs of scenarios and prints how policies compare. */
public final class LoadTestCommand {
    private static final int USAGE = 2;
    private static final int FAILED = 1;
    private static final Path SCENARIOS = Path.of("load-tests", "scenarios");
    private static final List<String> OVERRIDES = List.of("policies", "rates", "seeds", "pool");
    private static final List<String> NUMBERS = List.of("requests", "minutes", "time-scale");

    private LoadTestCommand() {}

    /**
     * Runs the command; returns when all runs are made.
     *
     * @param args arguments after the subcommand's name
     * @param out where results are printed
     * @param err where progress is shown, and an error, in one line
     * @return exit status: 0; 1 if a run could not be made or a request failed; 2 for wrong arguments or scenarios
     */
    public static int run(List<String> args, PrintWriter out, PrintWriter err) {
        if (!args.isEmpty() && args.getFirst().equals("ext-proc")) {
            return ExtProcLoadTest.run(args.subList(1, args.size()), out, err);
        }
        ParseResult options;
        var command = new CommandLine(spec());
        try {
            options = command.parseArgs(args.toArray(String[]::new));
        } catch (ParameterException e) {
            return fail(err, USAGE, e.getMessage() + " (see load-test --help)");
        }
        if (options.isUsageHelpRequested()) {
            command.usage(out);
            out.flush();
            return 0;
        }
        var progress = new Progress(err, onTerminal());
        try {
            return run(options, out, progress);
        } catch (IllegalArgumentException | InvalidConfigException e) {
            progress.clear();
            return fail(err, USAGE, e.getMessage());
        } catch (IOException e) {
            progress.clear();
            return fail(err, FAILED, FailureText.outermost(e));
        }
    }

    @SuppressWarnings("SystemConsoleNull") // since 25 it is null again where there is no terminal
    private static boolean onTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    private static int run(ParseResult options, PrintWriter out, Progress progress)
            throws IOException, InvalidConfigException {
        var scenarios = new ArrayList<Scenario>();
        for (String name : options.matchedPositionalValue(0, List.<String>of())) {
            scenarios.add(ScenarioReader.read(file(name), overrides(options)));
        }
        URI target = options.matchedOptionValue("target", (URI) null);
        boolean reportOnly = options.hasMatchedOption("report");
        if (target != null && (!"http".equals(target.getScheme()) || target.getHost() == null)) {
            throw new IllegalArgumentException("target: '" + target + "'; allowed: http://host:port");
        }
        Path jar = options.matchedOptionValue("jar", (Path) null);
        Path folder = options.matchedOptionValue("results", Path.of("load-tests", "results"));
        var comparison = new Comparison(
                new Comparison.Options(
                        target != null || reportOnly ? null : Program.find(jar),
                        target,
                        options.matchedOptionValue("model", SimulatedPool.DEFAULT_MODEL),
                        options.hasMatchedOption("fresh"),
                        options.hasMatchedOption("save-requests"),
                        reportOnly,
                        options.hasMatchedOption("virtual")),
                new ResultStore(folder),
                out,
                progress);
        var reports = new ArrayList<ScenarioReport>();
        for (var scenario : scenarios) {
            reports.add(comparison.run(scenario));
        }
        for (var report : reports) {
            out.println();
            out.print(report.text());
            if (!report.isEmpty()) {
                var page = folder.resolve(report.name() + ".html");
                ReportPage.write(report.page(), page);
                out.println("\nwritten: " + page);
            }
        }
        out.flush();
        return reports.stream().anyMatch(ScenarioReport::hasFailures) ? FAILED : 0;
    }

    private static Path file(String name) {
        var named = Path.of(name);
        if (Files.isRegularFile(named)) {
            return named;
        }
        var known = SCENARIOS.resolve(name + ".yaml");
        if (Files.isRegularFile(known)) {
            return known;
        }
        throw new IllegalArgumentException("scenario: there is neither a file " + named + " nor " + known);
    }

    private static Map<String, String> overrides(ParseResult options) {
        var overrides = new HashMap<String, String>();
        for (var key : OVERRIDES) {
            String value = options.matchedOptionValue(key, "");
            if (!value.isEmpty()) {
                overrides.put(key, value);
            }
        }
        for (var key : NUMBERS) {
            Double value = options.matchedOptionValue(key, (Double) null);
            if (value != null) {
                overrides.put(key, value.toString());
            }
        }
        return overrides;
    }

    private static int fail(PrintWriter err, int status, @Nullable String message) {
        err.println("load-test: " + message);
        err.flush();
        return status;
    }

    private static CommandSpec spec() {
        var spec = CommandSpec.create().name("kvasir load-test");
        spec.usageMessage()
                .description("Replays a trace through a router over simulated engines, fresh ones for each run, and "
                        + "compares policies. Runs are saved, and not repeated while their settings are the "
                        + "same. Options replace what scenarios say.");
        spec.addPositional(PositionalParamSpec.builder()
                .index("0..*")
                .arity("1..*")
                .paramLabel("SCENARIO")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .required(true)
                .description("scenario files, or their names in load-tests/scenarios")
                .build());
        spec.addOption(option("policies", "A,B", String.class, "the router's policies"));
        spec.addOption(option(
                "rates", "A,B", String.class, "x2: times the trace's own, 35/s: requests a second, 80%%: of capacity"));
        spec.addOption(option("seeds", "A,B", String.class, "seeds of schedules and of the engines' hidden rates"));
        spec.addOption(option("requests", "N", Double.class, "the trace's first requests"));
        spec.addOption(option("minutes", "N", Double.class, "the trace's first minutes"));
        spec.addOption(option("time-scale", "X", Double.class, "simulated seconds per real second, 0.1 to 10"));
        spec.addOption(option("pool", "SPEC", String.class, "engines, for example h200=2,mi350x=2"));
        spec.addOption(option("target", "URL", URI.class, "a router that runs already; starts nothing"));
        spec.addOption(
                option("model", "NAME", String.class, "model to ask for; default " + SimulatedPool.DEFAULT_MODEL));
        spec.addOption(option("results", "FOLDER", Path.class, "where runs are saved; default load-tests/results"));
        spec.addOption(option("jar", "FILE", Path.class, "the program to start; default this one"));
        spec.addOption(flag("save-requests", "also save what became of each request, as CSV"));
        spec.addOption(flag("fresh", "make saved runs again"));
        spec.addOption(flag("virtual", "make each run in virtual time too, and compare"));
        spec.addOption(flag("report", "print what is saved, make no run"));
        spec.addOption(help());
        return spec;
    }
}
