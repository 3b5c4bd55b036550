package io.kvasir.check;

import io.kvasir.discovery.EndpointFileException;
import io.kvasir.discovery.EndpointFileParser;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.schedule.Policy;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The {@code check} subcommand: looks at a pool, prints what it finds, changes nothing. */
public final class CheckCommand {
    private static final int PROBLEMS = 1;
    private static final int USAGE = 2;
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[^\\]]+]|[^:\\[\\]]+):(\\d{1,5})");

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
        return run(args, out, err, InstantSource.system());
    }

    static int run(List<String> args, PrintWriter out, PrintWriter err, InstantSource clock) {
        ParseResult options;
        var command = new CommandLine(spec());
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
            return run(options, out, clock);
        } catch (IllegalArgumentException | EndpointFileException | IOException e) {
            return fail(err, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static int fail(PrintWriter err, @Nullable String message) {
        err.println("check: " + message);
        err.flush();
        return USAGE;
    }

    private static int run(ParseResult options, PrintWriter out, InstantSource clock)
            throws EndpointFileException, IOException {
        var settings = settings(options);
        String output = oneOf(options, "output", "table", "json");
        Matcher picker = picker(options);
        boolean secure = oneOf(options, "secure-serving", "true", "false").equals("true");
        var specs = endpoints(options);

        var findings = new Findings(clock);
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(specs);
        var port = new PortProbe(settings.timeout());
        endpoints(pool.snapshot().endpoints(), settings, port, findings);
        new PoolCheck(pool.snapshot().endpoints(), settings.policy(), findings).check();
        if (picker != null) {
            String host = picker.group(1).replaceAll("[\\[\\]]", "");
            new PickerCheck(port, findings).check(host, Integer.parseInt(picker.group(2)), secure, clock.instant());
        }

        long bad = findings.count(Severity.PROBLEM) + (settings.strict() ? findings.count(Severity.WARNING) : 0);
        int status = bad == 0 ? 0 : PROBLEMS;
        var report = new Report(findings);
        if (output.equals("json")) {
            report.json(out, status);
        } else {
            report.table(out);
        }
        return status;
    }

    private static void endpoints(List<Endpoint> endpoints, CheckSettings settings, PortProbe port, Findings findings) {
        var places = new Semaphore(settings.concurrency());
        try (var http = new HttpProbe(settings.timeout());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var check = new EndpointCheck(http, port, findings);
            for (Endpoint endpoint : endpoints) {
                places.acquireUninterruptibly();
                threads.execute(() -> {
                    try {
                        check.check(endpoint);
                    } catch (RuntimeException e) {
                        findings.add(Severity.PROBLEM, endpoint.spec().name(), "check", "could not be looked at: " + e);
                    } finally {
                        places.release();
                    }
                });
            }
        }
    }

    private static List<EndpointSpec> endpoints(ParseResult options) throws EndpointFileException, IOException {
        Path file = options.matchedOptionValue("endpoints", null);
        if (file == null) {
            throw new IllegalArgumentException("endpoints: not set; allowed: an endpoint file");
        }
        try {
            return EndpointFileParser.parse(file.toString(), Files.readAllBytes(file))
                    .endpoints();
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("endpoints: " + file + ": no such file", e);
        }
    }

    private static CheckSettings settings(ParseResult options) {
        String policy = options.matchedOptionValue("policy", Policy.TIME.key());
        return new CheckSettings(
                Duration.ofMillis(Math.round(1000 * options.matchedOptionValue("timeout", 3.0))),
                options.matchedOptionValue("concurrency", 16),
                Policy.parse(policy)
                        .orElseThrow(() ->
                                new IllegalArgumentException("policy: " + policy + "; allowed: " + Policy.allowed())),
                options.hasMatchedOption("strict"));
    }

    private static String oneOf(ParseResult options, String name, String standard, String other) {
        String value = options.matchedOptionValue(name, standard);
        if (!value.equals(standard) && !value.equals(other)) {
            throw new IllegalArgumentException(name + ": " + value + "; allowed: " + standard + ", " + other);
        }
        return value;
    }

    private static @Nullable Matcher picker(ParseResult options) {
        String value = options.matchedOptionValue("picker", null);
        if (value == null) {
            return null;
        }
        Matcher matcher = AUTHORITY.matcher(value);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65_535) {
            throw new IllegalArgumentException("picker: " + value + "; allowed: HOST:PORT");
        }
        return matcher;
    }

    private static CommandSpec spec() {
        var spec = CommandSpec.create().name("kvasir check");
        spec.usageMessage()
                .description(
                        "Looks at a pool as serve would and says what it finds; changes nothing.",
                        "Exit status: 0 all well or only warned of, 1 a problem, 2 wrong arguments.");
        spec.addOption(option("endpoints", "FILE", Path.class, "endpoint file of the pool")
                .build());
        spec.addOption(option("picker", "HOST:PORT", String.class, "also look at the port of a running endpoint picker")
                .build());
        spec.addOption(
                option("secure-serving", "BOOL", String.class, "whether that port should speak TLS; default true")
                        .build());
        spec.addOption(option("policy", "NAME", String.class, "policy that serve would have; default time")
                .build());
        spec.addOption(option("timeout", "SECONDS", Double.class, "for each probe; default 3")
                .build());
        spec.addOption(option("concurrency", "N", Integer.class, "endpoints looked at at once; default 16")
                .build());
        spec.addOption(option("output", "FORMAT", String.class, "table (default) or json")
                .build());
        spec.addOption(OptionSpec.builder("--strict")
                .type(boolean.class)
                .arity("0")
                .description("a warning counts as a problem")
                .build());
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .arity("0")
                .description("this text")
                .build());
        return spec;
    }

    private static OptionSpec.Builder option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder("--" + name)
                .paramLabel(label)
                .type(type)
                .arity("1")
                .description(description);
    }
}
