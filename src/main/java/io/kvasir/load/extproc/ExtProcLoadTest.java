package io.kvasir.load.extproc;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The {@code load-test ext-proc} subcommand: measures an endpoint picker as Envoy would use it. */
public final class ExtProcLoadTest {
    private static final String AUTHORITY = "outbound|9002||picker.default.svc.cluster.local";
    private static final long LOOK_NANOS = 1_000_000;

    private final String target;
    private final boolean tls;
    private final long pid;
    private final int body;
    private final int chunks;
    private final double paceMillis;
    private final double rate;
    private final int streams;
    private final int connections;
    private final int warmUp;
    private final int seconds;
    private final int requests;

    private ExtProcLoadTest(ParseResult options) {
        target = options.matchedOptionValue("target", "127.0.0.1:9002");
        tls = options.matchedOptionValue("tls", false);
        pid = options.matchedOptionValue("pid", 0L);
        body = options.matchedOptionValue("body", 8_000);
        chunks = options.matchedOptionValue("chunks", 1);
        paceMillis = options.matchedOptionValue("pace-ms", 0.0);
        rate = options.matchedOptionValue("rate", 0.0);
        streams = options.matchedOptionValue("streams", 16);
        connections = options.matchedOptionValue("connections", 2);
        warmUp = options.matchedOptionValue("warm-up", 10);
        seconds = options.matchedOptionValue("seconds", 10);
        requests = options.matchedOptionValue("requests", 0);
    }

    private static CommandSpec spec() {
        var spec = CommandSpec.create().name("kvasir load-test ext-proc");
        spec.mixinStandardHelpOptions(true);
        spec.usageMessage()
                .description("Plays Envoy's side of the external processing protocol and measures the picker.");
        option(spec, "target", String.class, "HOST:PORT", "the picker; 127.0.0.1:9002 unless given");
        spec.addOption(OptionSpec.builder("--tls")
                .type(boolean.class)
                .description("speak TLS, with any certificate")
                .build());
        option(
                spec,
                "pid",
                long.class,
                "PID",
                "the picker's process: its CPU time, and what it allocates if it is a JVM");
        option(spec, "body", int.class, "BYTES", "length of a request's body, 8000 unless given");
        option(spec, "chunks", int.class, "N", "chunks of a response, 1 unless given");
        option(spec, "pace-ms", double.class, "MS", "time between chunks; 0, the default, sends them in bulk");
        option(spec, "rate", double.class, "N", "requests a second; without, each stream follows the one before");
        option(spec, "streams", int.class, "N", "streams at a time, at most, 16 unless given");
        option(spec, "connections", int.class, "N", "connections that they share, 2 unless given");
        option(spec, "warm-up", int.class, "S", "seconds before measuring, 10 unless given");
        option(spec, "seconds", int.class, "S", "seconds measured, 10 unless given");
        option(spec, "requests", int.class, "N", "requests measured, instead of seconds");
        return spec;
    }

    private static void option(CommandSpec spec, String name, Class<?> type, String label, String text) {
        spec.addOption(OptionSpec.builder("--" + name)
                .type(type)
                .arity("1")
                .paramLabel(label)
                .description(text)
                .build());
    }

    /**
     * Runs the command.
     *
     * @param args arguments after the subcommand's name
     * @param out where the result is printed, in one line
     * @param err where an error is shown, in one line
     * @return exit status: 0; 1 if a request failed; 2 for wrong arguments
     */
    public static int run(List<String> args, PrintWriter out, PrintWriter err) {
        var command = new CommandLine(spec());
        try {
            var parsed = command.parseArgs(args.toArray(String[]::new));
            if (parsed.isUsageHelpRequested()) {
                command.usage(out);
                out.flush();
                return 0;
            }
            return new ExtProcLoadTest(parsed).measure(out, err);
        } catch (CommandLine.ParameterException | IllegalArgumentException | IOException e) {
            err.println("load-test ext-proc: " + e.getMessage());
            err.flush();
            return 2;
        }
    }

    private int measure(PrintWriter out, PrintWriter err) throws IOException {
        check();
        var loops = new NioEventLoopGroup(connections);
        var channels = new ArrayList<ManagedChannel>();
        var tally = new Tally();
        var pace = new Pace(chunks, Math.round(paceMillis * 1e6), rate == 0 ? 0 : Math.round(streams * 1e9 / rate));
        var clients = new ArrayList<Client>();
        if (pid != 0 && !PickerUsage.attaches()) {
            err.println(
                    "load-test ext-proc: what the picker allocates is not told: a native program cannot look into another");
        }
        try (var usage = PickerUsage.of(pid == 0 ? ProcessHandle.current().pid() : pid)) {
            for (int i = 0; i < connections; i++) {
                // a loop of its own for each connection, so that a client's stream never changes threads
                var loop = loops.next();
                var channel = channel(loop);
                channels.add(channel);
                for (int j = i; j < streams; j += connections) {
                    clients.add(new Client(channel, loop, Work.of(body, j), pace, tally));
                }
            }
            for (int i = 0; i < clients.size(); i++) {
                clients.get(i).start(pace.requestNanos() * i / streams);
            }
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(warmUp));
            long cpu = usage.cpu().toNanos();
            long allocated = usage.allocated();
            tally.reset();
            long start = System.nanoTime();
            if (requests == 0) {
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
            }
            while (tally.requests() < requests && tally.failures() < streams) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            double ended = Math.max(1, tally.requests());
            double elapsed = (System.nanoTime() - start) / 1e9;
            long cpuUsed = usage.cpu().toNanos() - cpu;
            long bytes = usage.allocated() - allocated;
            print(
                    out,
                    tally,
                    elapsed,
                    pid == 0 ? -1 : cpuUsed / 1e6 / ended,
                    allocated < 0 || pid == 0 ? -1 : bytes / ended);
            if (tally.failures() > 0) {
                err.println("load-test ext-proc: " + tally.failures() + " requests failed, the first with "
                        + tally.firstFailure());
                err.flush();
                return 1;
            }
            return 0;
        } finally {
            clients.forEach(Client::stop);
            channels.forEach(ManagedChannel::shutdownNow);
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private void check() {
        if (body < 100
                || chunks < 0
                || !(rate >= 0 && rate <= Double.MAX_VALUE)
                || !(paceMillis >= 0 && paceMillis <= Double.MAX_VALUE)
                || warmUp < 0
                || streams < 1
                || connections < 1
                || connections > streams
                || seconds < 1
                || requests < 0) {
            throw new IllegalArgumentException("body " + body + ", chunks " + chunks + ", rate " + rate + ", pace-ms "
                    + paceMillis + ", streams "
                    + streams + ", connections " + connections + ", warm-up " + warmUp + ", seconds " + seconds
                    + ", requests " + requests
                    + "; allowed: body 100 or more, chunks, rate, pace-ms, warm-up and requests 0 or more, the others 1 or"
                    + " more,"
                    + " connections up to streams");
        }
    }

    private ManagedChannel channel(EventLoop loop) throws IOException {
        int colon = target.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("target: '" + target + "'; allowed: host:port");
        }
        var builder = NettyChannelBuilder.forAddress(
                        target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)))
                .eventLoopGroup(loop)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .flowControlWindow(4 << 20)
                .overrideAuthority(AUTHORITY);
        return tls
                ? builder.sslContext(GrpcSslContexts.forClient()
                                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                                .endpointIdentificationAlgorithm("")
                                .build())
                        .build()
                : builder.usePlaintext().build();
    }

    private void print(PrintWriter out, Tally tally, double elapsed, double cpuMillis, double bytes) {
        out.printf(
                Locale.ROOT,
                "body %d, %d chunks %s, %d streams: %.0f req/s, pick p50 %.2f ms p99 %.2f ms",
                body,
                chunks,
                paceMillis == 0 ? "in bulk" : "paced " + paceMillis + " ms",
                streams,
                tally.requests() / elapsed,
                tally.pickMillis(50),
                tally.pickMillis(99));
        if (cpuMillis >= 0) {
            out.printf(Locale.ROOT, ", picker CPU %.2f ms", cpuMillis);
        }
        if (bytes >= 0) {
            out.printf(Locale.ROOT, ", allocated %.0f KB", bytes / 1000);
        }
        out.println(cpuMillis >= 0 ? " per request" : "");
        out.flush();
    }
}
