package io.kvasir.sim;

import io.kvasir.failure.FailureText;
import io.kvasir.sim.http.EngineDialect;
import io.kvasir.sim.http.Faults;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The {@code simulate} subcommand: a pool of simulated engines until the process is told to stop. */
public final class SimulateCommand {
    private static final int USAGE = 2;
    private static final int FAILED = 1;

    private SimulateCommand() {}

    /**
     * Runs the command; returns at SIGTERM or SIGINT, or at once after {@code --help} or an error.
     *
     * @param args arguments after the subcommand's name
     * @param out where engines and the ready line are printed
     * @param err where an error is printed, in one line
     * @return exit status: 0, 1 if the pool cannot start, 2 for wrong arguments
     */
    public static int run(List<String> args, PrintWriter out, PrintWriter err) {
        var stop = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        // the JVM ends when its shutdown hooks have: this one waits until the engines are closed
        var hook = new Thread(
                () -> {
                    stop.countDown();
                    await(stopped);
                },
                "sim-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return run(args, out, err, stop);
        } finally {
            stopped.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // the JVM is going down, which is what brought us here
            }
        }
    }

    /** As {@link #run(List, PrintWriter, PrintWriter)}, until {@code stop} is counted down. */
    static int run(List<String> args, PrintWriter out, PrintWriter err, CountDownLatch stop) {
        ParseResult options;
        var command = new CommandLine(spec());
        try {
            options = command.parseArgs(args.toArray(String[]::new));
        } catch (ParameterException e) {
            return fail(err, USAGE, e.getMessage() + " (see simulate --help)");
        }
        if (options.isUsageHelpRequested()) {
            command.usage(out);
            out.flush();
            return 0;
        }
        try (var pool = builder(options).start()) {
            Path file = options.matchedOptionValue("write-endpoints", null);
            if (file != null) {
                pool.writeEndpointsFile(file);
            }
            for (var e : pool.endpoints()) {
                out.println(e.name() + " " + e.url() + " " + e.product()
                        + (e.partition().isEmpty() ? "" : " " + e.partition()) + " kvTokens=" + e.kvTokens()
                        + " maxModelLen=" + e.maxModelLen());
            }
            out.println(
                    "ready: " + pool.endpoints().size() + " engines" + (file == null ? "" : ", endpoints in " + file));
            out.flush();
            await(stop);
            return 0;
        } catch (IllegalArgumentException e) {
            return fail(err, USAGE, e.getMessage());
        } catch (BindException e) {
            return fail(err, FAILED, FailureText.outermost(e));
        } catch (IOException e) {
            return fail(err, FAILED, "write-endpoints: " + e);
        }
    }

    private static int fail(PrintWriter err, int status, @Nullable String message) {
        err.println("simulate: " + message);
        err.flush();
        return status;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static SimulatedPool.Builder builder(ParseResult options) {
        var builder = SimulatedPool.builder()
                .pool(options.matchedOptionValue("pool", ""))
                .model(options.matchedOptionValue("model", SimulatedPool.DEFAULT_MODEL))
                .host(options.matchedOptionValue("host", "127.0.0.1"))
                .basePort(options.matchedOptionValue("base-port", 0))
                .timeScale(options.matchedOptionValue("time-scale", 1.0))
                .dialect(EngineDialect.of(options.matchedOptionValue("dialect", "vllm")))
                .maxOutput(options.matchedOptionValue("max-output", 128))
                .streamInterval(options.matchedOptionValue("stream-interval", 1))
                .blockSize(options.matchedOptionValue("block-size", 0))
                .slidingWindow(options.matchedOptionValue("sliding-window", 0))
                .kvBlocks(options.matchedOptionValue("kv-blocks", 0))
                .fullMetrics(options.hasMatchedOption("full-metrics"))
                .apiKey(options.matchedOptionValue("api-key", ""))
                .runtimeAdapters(!options.hasMatchedOption("fixed-adapters"))
                .storesResponses(options.hasMatchedOption("store-responses"))
                .maxModelLength(options.matchedOptionValue("max-model-len", 0))
                .faults(Faults.parse(options.matchedOptionValue("faults", "{}")))
                .perturbSeed(options.matchedOptionValue("perturb", (Long) null));
        String adapters = options.matchedOptionValue("adapters", "");
        if (!adapters.isEmpty()) {
            builder.adapters(Arrays.asList(adapters.split(",")));
        }
        String resolved = options.matchedOptionValue("resolve-adapters", "");
        if (!resolved.isEmpty()) {
            builder.resolvedAdapters(pattern(resolved));
        }
        return builder;
    }

    private static Pattern pattern(String regex) {
        try {
            return Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "resolve-adapters: " + regex + " is no regular expression: " + e.getDescription(), e);
        }
    }

    private static CommandSpec spec() {
        var spec = CommandSpec.create().name("kvasir simulate");
        spec.usageMessage().description("Runs simulated inference engines on this machine until it is stopped.");
        spec.addOption(option("pool", "SPEC", String.class, "devices and counts, for example h200=2,mi350x=2")
                .required(true)
                .build());
        spec.addOption(option("base-port", "PORT", Integer.class, "first port; 0, the default, for any free ones")
                .build());
        spec.addOption(option("host", "ADDRESS", String.class, "address to listen on; default 127.0.0.1")
                .build());
        spec.addOption(option("write-endpoints", "FILE", Path.class, "write an endpoint file when all engines listen")
                .build());
        spec.addOption(option("time-scale", "X", Double.class, "simulated seconds per real second, 0.1 to 10")
                .build());
        spec.addOption(option("perturb", "SEED", Long.class, "change each device's rates by hidden factors within 1.25")
                .build());
        spec.addOption(option("dialect", "NAME", String.class, "vllm (default) or sglang")
                .build());
        spec.addOption(
                option("model", "NAME", String.class, "name of the model; default " + SimulatedPool.DEFAULT_MODEL)
                        .build());
        spec.addOption(option("adapters", "A,B", String.class, "LoRA adapters loaded at start")
                .build());
        spec.addOption(
                option("max-output", "N", Integer.class, "most tokens of an answer without max_tokens; default 128")
                        .build());
        spec.addOption(
                option("block-size", "N", Integer.class, "tokens in a KV block; default the device's, 1 for sglang")
                        .build());
        spec.addOption(
                option("sliding-window", "N", Integer.class, "tokens that half of the layers look back; default all")
                        .build());
        spec.addOption(option("kv-blocks", "N", Integer.class, "KV blocks of an engine; default what the device has")
                .build());
        spec.addOption(option("stream-interval", "N", Integer.class, "tokens in an event of a stream; default 1")
                .build());
        spec.addOption(flag("full-metrics", "metrics pages with every family of the engine"));
        spec.addOption(option("max-model-len", "N", Integer.class, "context in tokens; default the device's")
                .build());
        spec.addOption(option("api-key", "KEY", String.class, "key that clients must show")
                .build());
        spec.addOption(flag("fixed-adapters", "adapters cannot be loaded and unloaded by request"));
        spec.addOption(option("resolve-adapters", "REGEX", String.class, "adapters loaded when a request names them")
                .build());
        spec.addOption(flag("store-responses", "remember answers of the Responses API"));
        spec.addOption(option("faults", "JSON", String.class, "what is wrong with all engines from the start")
                .build());
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .arity("0")
                .description("this text")
                .build());
        return spec;
    }

    private static OptionSpec flag(String name, String description) {
        return OptionSpec.builder("--" + name)
                .type(boolean.class)
                .arity("0")
                .description(description)
                .build();
    }

    private static OptionSpec.Builder option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder("--" + name)
                .paramLabel(label)
                .type(type)
                .arity("1")
                .description(description);
    }
}
