package io.kvasir.check;

import io.fabric8.kubernetes.client.Config;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.failure.FailureText;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The {@code check} subcommand: looks at a pool, prints what it finds, changes nothing. */
public final class CheckCommand {
    private static final int PROBLEMS = 1;
    private static final int USAGE = 2;

    private CheckCommand() {}

    /**
     * Runs the command.
     *
     * @param args arguments after the subcommand's name
     * @param out where findings are printed
     * @param err where an error is printed, in one line
     * @return exit status: 0 if all is well or only warned of, 1 if there is a problem, 2 for wrong arguments or an
     *     endpoint file that is not right
     */
    public static int run(List<String> args, PrintWriter out, PrintWriter err) {
        return run(args, out, err, System.getenv(), InstantSource.system(), () -> Config.autoConfigure(null));
    }

    /** As {@link #run(List, PrintWriter, PrintWriter)}, with this cluster where one is asked for. */
    static int run(
            List<String> args,
            PrintWriter out,
            PrintWriter err,
            Map<String, String> environment,
            InstantSource clock,
            Supplier<Config> cluster) {
        ParseResult options;
        var command = new CommandLine(CheckOptions.spec());
        try {
            options = command.parseArgs(args.toArray(String[]::new));
        } catch (ParameterException e) {
            return fail(err, e.getMessage() + " (see check --help)");
        }
        if (options.isUsageHelpRequested()) {
            command.usage(out);
            out.flush();
            return 0;
        }
        try {
            var settings = CheckOptions.settings(options, environment);
            var findings = new Findings(clock);
            new Check(settings, findings, clock, cluster).run();
            return report(settings, findings, out);
        } catch (IllegalArgumentException | InvalidConfigException | IOException e) {
            return fail(err, FailureText.outermost(e));
        }
    }

    private static int report(CheckSettings settings, Findings findings, PrintWriter out) throws IOException {
        long bad = findings.count(Severity.PROBLEM) + (settings.strict() ? findings.count(Severity.WARNING) : 0);
        int status = bad == 0 ? 0 : PROBLEMS;
        var report = new FindingsReport(findings);
        if (settings.json()) {
            report.json(out, status);
        } else {
            report.table(out);
        }
        return status;
    }

    private static int fail(PrintWriter err, @Nullable String message) {
        err.println("check: " + message);
        err.flush();
        return USAGE;
    }
}
