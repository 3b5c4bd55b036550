package io.kvasir.app;

import io.kvasir.check.CheckCommand;
import io.kvasir.extproc.tls.ServerNames;
import io.kvasir.failure.FailureText;
import io.kvasir.load.LoadTestCommand;
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

/** The program's entry: one artifact, several subcommands. Only {@code serve} starts Quarkus. */
@QuarkusMain
public final class Kvasir {
    private static final int USAGE = 2;
    private static final int FAILED = 1;

    private Kvasir() {}

    /** Runs the subcommand that the arguments name; {@code serve} where they name none. */
    public static void main(String... args) {
        // before any port with TLS opens, the management port's included
        ServerNames.takeAny();
        var all = Arrays.asList(args);
        boolean named = !all.isEmpty() && !all.getFirst().startsWith("-");
        String command = named ? all.getFirst() : "serve";
        var rest = named ? all.subList(1, all.size()) : all;
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        switch (command) {
            case "serve" -> serve(rest, out, err);
            case "simulate" -> System.exit(SimulateCommand.run(rest, out, err));
            case "load-test" -> System.exit(LoadTestCommand.run(rest, out, err));
            case "check" -> System.exit(CheckCommand.run(rest, out, err));
            case "help" -> out.print(Help.overview());
            default -> {
                err.println("unknown subcommand " + command + "; allowed: serve, simulate, load-test, check, help");
                System.exit(USAGE);
            }
        }
        out.flush();
    }

    private static void serve(List<String> args, PrintWriter out, PrintWriter err) {
        if (args.contains("--help") || args.contains("-h")) {
            out.print(Help.serve());
            out.flush();
            return;
        }
        try {
            var settings = ServeSettings.of(args, System.getenv());
            mustBeFree(settings.doors().host(), settings.doors().metricsPort(), Flag.METRICS_PORT);
            System.setProperty(
                    "quarkus.http.port", Integer.toString(settings.doors().metricsPort()));
            System.setProperty("quarkus.http.host", settings.doors().host());
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
            throw new ConfigurationException(flag.key() + ": " + port + " cannot be listened on: " + FailureText.of(e));
        }
    }
}
