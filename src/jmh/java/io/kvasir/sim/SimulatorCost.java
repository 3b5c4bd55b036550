package io.kvasir.sim;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures the CPU time a process of simulated engines spends: idle, per streamed chunk and per metrics page, all of it
 * included, as the operating system counts it for that process alone. The client's time is not in it.
 *
 * <p>Run: {@code java -cp CLASSPATH io.kvasir.sim.SimulatorCost [replicas] [streams] [tokens]}.
 */
public final class SimulatorCost {
    private static final int PAGES = 20_000;
    private static final Duration IDLE = Duration.ofSeconds(10);

    private SimulatorCost() {}

    /** Starts the engines in a child process, or is that process when the first argument is {@code simulate}. */
    public static void main(String... args) throws Exception {
        if (args.length > 0 && args[0].equals("simulate")) {
            var rest = List.of(args).subList(1, args.length);
            System.exit(SimulateCommand.run(
                    rest,
                    new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                    new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
        }
        int replicas = args.length > 0 ? Integer.parseInt(args[0]) : 50;
        int streams = args.length > 1 ? Integer.parseInt(args[1]) : 500;
        int tokens = args.length > 2 ? Integer.parseInt(args[2]) : 400;
        var file = Files.createTempFile("endpoints", ".yaml");
        var child = start(replicas, file);
        try (var out = child.inputReader()) {
            var ports = ports(out);
            Thread.sleep(Duration.ofSeconds(2));
            idle(child, replicas);
            for (int round = 0; round < 4; round++) {
                pages(child, ports);
                streams(child, ports, streams, tokens);
            }
            idle(child, replicas);
        } finally {
            child.destroy();
            Files.delete(file);
        }
    }

    private static Process start(int replicas, Path file) throws IOException {
        var java = ProcessHandle.current().info().command().orElse("java");
        var flags = List.of("-XX:+UseSerialGC", "-Xmx512m", "--sun-misc-unsafe-memory-access=allow");
        var command = new ArrayList<String>();
        command.add(java);
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SimulatorCost.class.getName()));
        command.addAll(List.of("simulate", "--pool", "h200=" + replicas, "--write-endpoints", file.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static List<Integer> ports(BufferedReader out) throws IOException {
        var ports = new ArrayList<Integer>();
        for (var line = out.readLine(); line != null && !line.startsWith("ready"); line = out.readLine()) {
            ports.add(Integer.parseInt(line.replaceFirst(".*http://127.0.0.1:(\\d+) .*", "$1")));
        }
        return ports;
    }

    private static double cpuSeconds(Process child) {
        return child.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }

    private static void idle(Process child, int replicas) throws InterruptedException {
        double before = cpuSeconds(child);
        Thread.sleep(IDLE);
        double share = (cpuSeconds(child) - before) / IDLE.toSeconds();
        System.out.printf("idle: %d replicas, %.2f %% of a core%n", replicas, share * 100);
    }

    private static void pages(Process child, List<Integer> ports) throws IOException {
        double before = cpuSeconds(child);
        long bytes = 0;
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), ports.getFirst())) {
            var request = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            var in = socket.getInputStream();
            for (int i = 0; i < PAGES; i++) {
                socket.getOutputStream().write(request);
                bytes += readAnswer(in);
            }
        }
        double spent = cpuSeconds(child) - before;
        System.out.printf("metrics: %.1f µs of CPU per page of %d bytes%n", spent / PAGES * 1e6, bytes / PAGES);
    }

    private static int readAnswer(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        int length = Integer.parseInt(head.toString().replaceAll("(?s).*content-length: (\\d+).*", "$1"));
        in.skipNBytes(length);
        return length;
    }

    private static void streams(Process child, List<Integer> ports, int streams, int tokens) throws Exception {
        double before = cpuSeconds(child);
        long start = System.nanoTime();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < streams; i++) {
                int stream = i;
                int port = ports.get(i % ports.size());
                all.add(clients.submit(() -> {
                    stream(port, stream, tokens);
                    return null;
                }));
            }
            for (var one : all) {
                one.get();
            }
        }
        double wall = (System.nanoTime() - start) / 1e9;
        double spent = cpuSeconds(child) - before;
        double chunks = (double) streams * tokens;
        System.out.printf(
                "streams: %d at once, %.0f chunks/s, %.2f µs of CPU per chunk%n",
                streams, chunks / wall, spent / chunks * 1e6);
    }

    private static void stream(int port, int number, int tokens) throws IOException {
        var body = "{\"messages\":[{\"role\":\"user\",\"content\":\"stream " + number
                + "\"}],\"stream\":true,\"ignore_eos\":true,\"max_tokens\":" + tokens + "}";
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: "
                                    + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }
}
