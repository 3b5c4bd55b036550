package io.kvasir.load.study;

import static io.kvasir.load.CommandOptions.flag;
import static io.kvasir.load.CommandOptions.help;
import static io.kvasir.load.CommandOptions.option;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.failure.FailureText;
import io.kvasir.load.contention.ContentionCommand;
import io.kvasir.load.replay.ReplayArm;
import io.kvasir.load.replay.arm.Arms;
import io.kvasir.load.report.ReportPage;
import io.kvasir.load.workload.Workloads;
import java.io.IOException;
import java.io.PrintWriter;
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

/** The {@code replay} subcommand: answers questions by replays in virtual time, and draws the answer. */
public final class ReplayCommand {
    private static final int USAGE = 2;
    private static final int FAILED = 1;
    private static final Path STUDIES = Path.of("load-tests", "replay");

    private ReplayCommand() {}

    /**
     * Runs the command; returns when all runs are made.
     *
     * @param args arguments after the subcommand's name
     * @param out where results are printed
     * @param err where progress is shown, and an error, in one line
     * @return exit status: 0; 1 if a run could not be made or saved; 2 for wrong arguments or files
     */
    public static int run(List<String> args, PrintWriter out, PrintWriter err) {
        if (!args.isEmpty() && args.getFirst().equals("contention")) {
            return ContentionCommand.run(args.subList(1, args.size()), out, err);
        }
        ParseResult options;
        var command = new CommandLine(spec());
        try {
            options = command.parseArgs(args.toArray(String[]::new));
        } catch (ParameterException e) {
            return fail(err, USAGE, e.getMessage() + " (see replay --help)");
        }
        if (options.isUsageHelpRequested()) {
            command.usage(out);
            out.flush();
            return 0;
        }
        var progress = new StudyProgress(err, onTerminal(), System::nanoTime);
        try {
            if (options.hasMatchedOption("list")) {
                list(out);
                return 0;
            }
            var names = options.matchedPositionalValue(0, List.<String>of());
            if (names.isEmpty()) {
                return fail(err, USAGE, "STUDY: none named (see replay --list)");
            }
            for (String name : names) {
                var study = StudyReader.read(file(name), overrides(options));
                answer(options.hasMatchedOption("measure") ? study.unmeasured() : study, options, out, progress);
            }
            return 0;
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

    private static void answer(Study study, ParseResult options, PrintWriter out, StudyProgress progress)
            throws IOException {
        Path folder = options.matchedOptionValue("results", Path.of("load-tests", "results", "replay"));
        int threads = options.matchedOptionValue("threads", Runtime.getRuntime().availableProcessors());
        if (threads < 1) {
            throw new IllegalArgumentException("--threads: " + threads + "; allowed: 1 and more");
        }
        var runner = new StudyRunner(
                study,
                new RunStore(folder.resolve("runs")),
                new StudyRunner.Options(threads, options.hasMatchedOption("fresh"), options.hasMatchedOption("report")),
                progress,
                line -> {
                    out.println(line);
                    out.flush();
                });
        var results = runner.run();
        if (study.cells().stream().allMatch(cell -> results.arms(cell).isEmpty())) {
            out.println(study.name() + ": no run is saved below " + folder);
            out.flush();
            return;
        }
        results.drawAll();
        out.println();
        out.print(new StudyTable(results).text());
        out.print(new StudyVerdict(results).text());
        var files = new StudyFiles(results);
        files.json(folder.resolve(study.name() + ".json"));
        files.csv(folder.resolve(study.name() + ".csv"));
        var page = folder.resolve(study.name() + ".html");
        ReportPage.write(new StudyPage(results).json(), page);
        out.println("\nwritten: " + page + ", and beside it .json and .csv");
        out.flush();
    }

    private static void list(PrintWriter out) throws IOException {
        out.println("studies:");
        if (Files.isDirectory(STUDIES)) {
            var files = new ArrayList<Path>();
            try (var all = Files.list(STUDIES)) {
                all.filter(file -> file.toString().endsWith(".yaml")).sorted().forEach(files::add);
            }
            for (var file : files) {
                try {
                    var study = StudyReader.read(file, Map.of());
                    out.printf("  %-26s %s%n", study.name(), study.question());
                } catch (InvalidConfigException e) {
                    out.println("  " + e.getMessage());
                }
            }
        } else {
            out.println("  none: there is no folder " + STUDIES + " here");
        }
        out.println("arms:");
        for (ReplayArm arm : Arms.all()) {
            out.printf("  %-26s %s%n", arm.name(), arm.source());
        }
        out.println("workloads: " + String.join(", ", Workloads.NAMES));
        out.println("pools: " + String.join(", ", StudyPools.names()) + ", or as h200=4,h100/2=2");
        out.flush();
    }

    private static Path file(String name) {
        var named = Path.of(name);
        if (Files.isRegularFile(named)) {
            return named;
        }
        var known = STUDIES.resolve(name + ".yaml");
        if (Files.isRegularFile(known)) {
            return known;
        }
        throw new IllegalArgumentException(
                "study: there is neither a file " + named + " nor " + known + " (see replay --list)");
    }

    private static Map<String, String> overrides(ParseResult options) {
        var overrides = new HashMap<String, String>();
        for (var key : StudyReader.OVERRIDES) {
            String value = options.matchedOptionValue(key, "");
            if (!value.isEmpty()) {
                overrides.put(key, value);
            }
        }
        return overrides;
    }

    private static int fail(PrintWriter err, int status, @Nullable String message) {
        err.println("replay: " + message);
        err.flush();
        return status;
    }

    private static CommandSpec spec() {
        var spec = CommandSpec.create().name("kvasir replay");
        spec.usageMessage()
                .description("Answers questions by replays in virtual time: the router's own code over simulated "
                        + "engines, beside other routers' formulas, on the same requests. Prints a table, and "
                        + "writes a page with plots, JSON and CSV. Runs are saved, and not repeated while their "
                        + "conditions are the same. Options replace what studies say.");
        spec.addPositional(PositionalParamSpec.builder()
                .index("0..*")
                .arity("0..*")
                .paramLabel("STUDY")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description("study files, or their names in load-tests/replay")
                .build());
        spec.addOption(flag("list", "print studies, arms, workloads and pools"));
        spec.addOption(option("arms", "A,B", String.class, "who decides; the first is what others are compared with"));
        spec.addOption(option("pools", "A;B", String.class, "names, or as h200=4,cpu=2"));
        spec.addOption(option("workloads", "A,B", String.class, "what is asked"));
        spec.addOption(option("loads", "A,B", String.class, "35/s: requests a second, 80%%: of capacity"));
        spec.addOption(option("seeds", "A,B", String.class, "of workloads, hidden rates and chance"));
        spec.addOption(option("minutes", "N", String.class, "of arrivals in a run"));
        spec.addOption(option("warm-up-seconds", "N", String.class, "of these, not counted"));
        spec.addOption(option("distortion", "X", String.class, "how wrong the router's catalogue is, a factor"));
        spec.addOption(option("routers", "N", String.class, "that share the traffic"));
        spec.addOption(option("threads", "N", Integer.class, "runs at once; default the number of cores"));
        spec.addOption(
                option("results", "FOLDER", Path.class, "where all is written; default load-tests/results/replay"));
        spec.addOption(flag("measure", "measure capacities that the study knows, too"));
        spec.addOption(flag("fresh", "make saved runs again"));
        spec.addOption(flag("report", "print and draw what is saved, make no run"));
        spec.addOption(help());
        return spec;
    }
}
