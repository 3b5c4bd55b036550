package io.kvasir.app;

import io.kvasir.check.CheckCommand;
import io.kvasir.extproc.tls.ServerNames;
import io.kvasir.failure.FailureText;
import io.kvasir.failure.NearMiss;
import io.kvasir.load.LoadTestCommand;
import io.kvasir.load.study.ReplayCommand;
import io.kvasir.sim.SimulateCommand;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The program's entry: one artifact, several subcommands. Only {@code serve} and {@code demo} start Quarkus. */
@QuarkusMain
public final class Kvasir {
    /** Whether event loops run on epoll where it is to be had; true unless the JVM or a native image is told otherwise. */
    static final String PREFER_EPOLL = "quarkus.vertx.prefer-native-transport";

    /** Set while a native image runs (GraalVM SDK, {@code ImageInfo}). */
    private static final String NATIVE_IMAGE = "org.graalvm.nativeimage.imagecode";

    private static final int USAGE = 2;
    private static final int FAILED = 1;
    private static final List<String> SUBCOMMANDS = List.of(
            ServeSettings.SERVE, ServeSettings.DEMO, "simulate", "load-test", "replay", "check", "version", "help");

    private Kvasir() {}

    /** Runs the subcommand that the arguments name; the demo where there are none, {@code serve} where they are flags. */
    public static void main(String... args) {
        // before any port with TLS opens, the management port's included
        ServerNames.takeAny();
        NameLookups.forgetSoon();
        var all = Arrays.asList(args);
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        if (serves(all)) {
            serve(all, err);
        } else {
            System.exit(run(all, out, err));
        }
    }

    /** Whether this is a native image. */
    static boolean compiled() {
        return System.getProperty(NATIVE_IMAGE) != null;
    }

    /** Whether these arguments start a server. */
    static boolean serves(List<String> args) {
        return !asksForVersion(args)
                && !asksForHelp(args)
                && List.of(ServeSettings.SERVE, ServeSettings.DEMO).contains(command(args));
    }

    private static String command(List<String> args) {
        return args.isEmpty()
                ? ServeSettings.DEMO
                : args.getFirst().startsWith("-") ? ServeSettings.SERVE : args.getFirst();
    }

    private static boolean asksForVersion(List<String> args) {
        return args.contains("--version") || args.contains("-V");
    }

    private static boolean asksForHelp(List<String> args) {
        return args.contains("--help") || args.contains("-h");
    }

    /**
     * Runs what does not serve.
     *
     * @return exit status
     */
    static int run(List<String> args, PrintWriter out, PrintWriter err) {
        String command = command(args);
        if (!SUBCOMMANDS.contains(command)) {
            return unknown(command, err);
        }
        boolean flagsOnly = args.getFirst().startsWith("-");
        if (asksForVersion(args) || (command.equals("version") && !asksForHelp(args))) {
            return print("kvasir " + Help.version() + "\n", out);
        }
        if (command.equals("help") || asksForHelp(args)) {
            var words = args.stream().filter(arg -> !arg.startsWith("-")).toList();
            return help(
                    flagsOnly ? List.of() : command.equals("help") ? words.subList(1, words.size()) : words, out, err);
        }
        var rest = args.subList(1, args.size());
        return switch (command) {
            case "simulate" -> SimulateCommand.run(rest, out, err);
            case "load-test" -> LoadTestCommand.run(rest, out, err);
            case "replay" -> ReplayCommand.run(rest, out, err);
            case "check" -> CheckCommand.run(rest, out, err);
            default -> unknown(command, err);
        };
    }

    /** @param of the subcommand, and what stands behind it; the program where it is empty */
    private static int help(List<String> of, PrintWriter out, PrintWriter err) {
        String command = of.isEmpty() ? "help" : of.getFirst();
        return switch (command) {
            case "help", "version" -> print(Help.overview(), out);
            case ServeSettings.SERVE, ServeSettings.DEMO -> print(Help.serve(), out);
            case "simulate" -> SimulateCommand.run(List.of("--help"), out, err);
            case "load-test" ->
                LoadTestCommand.run(
                        of.size() > 1 && of.get(1).equals("ext-proc")
                                ? List.of("ext-proc", "--help")
                                : List.of("--help"),
                        out,
                        err);
            case "replay" -> ReplayCommand.run(List.of("--help"), out, err);
            case "check" -> CheckCommand.run(List.of("--help"), out, err);
            default -> unknown(command, err);
        };
    }

    private static int print(String text, PrintWriter out) {
        out.print(text);
        out.flush();
        return 0;
    }

    private static int unknown(String command, PrintWriter err) {
        String near = NearMiss.of(command, SUBCOMMANDS);
        err.println("kvasir: unknown subcommand "
                + ConfigurationException.plain(ConfigurationException.shown(command))
                + (near == null ? "" : ", did you mean " + near + "?")
                + "; allowed: " + String.join(", ", SUBCOMMANDS));
        return USAGE;
    }

    private static void serve(List<String> args, PrintWriter err) {
        try {
            var settings = ServeSettings.of(args, System.getenv());
            mustBeFree(settings.doors().host(), settings.doors().metricsPort(), Flag.METRICS_PORT);
            BesideFramework.begin(settings);
            System.setProperty(
                    "quarkus.http.port", Integer.toString(settings.doors().metricsPort()));
            System.setProperty("quarkus.http.host", settings.doors().host());
            if (compiled() && System.getProperty(PREFER_EPOLL) == null) {
                // nobody has built one with the library in it
                System.setProperty(PREFER_EPOLL, "false");
            }
            ManagementTls.configure(settings.management(), settings.doors().metricsPort());
            System.setProperty("quarkus.log.level", settings.log().level());
            System.setProperty(
                    "quarkus.log.category.\"io.kvasir\".level", settings.log().ownLevel());
            StopDeadline.watch(StopDeadline.after(settings.doors().drainTimeout()));
            Quarkus.run(
                    ServeApplication.class,
                    (status, failure) -> end(status, failure, err),
                    args.toArray(String[]::new));
        } catch (ConfigurationException e) {
            err.println("kvasir: " + e.getMessage());
            System.exit(USAGE);
        }
    }

    private static void end(int status, Throwable failure, PrintWriter err) {
        if (failure != null) {
            err.println("kvasir: " + FailureText.of(failure));
            failure.printStackTrace(err);
        }
        System.exit(failure != null && status == 0 ? FAILED : status);
    }

    /** The framework's own complaint takes several lines. */
    private static void mustBeFree(String host, int port, Flag flag) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
        } catch (IOException e) {
            throw new ConfigurationException(
                    flag.key() + ": " + port + " cannot be listened on at " + host + ": " + FailureText.of(e));
        }
    }
}
