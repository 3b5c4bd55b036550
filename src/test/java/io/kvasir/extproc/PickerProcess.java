package io.kvasir.extproc;

import io.kvasir.schedule.Policy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;

/** A picker in a process of its own, so that it can be killed. Prints its port, and drains when its input ends. */
final class PickerProcess implements AutoCloseable {
    private final Process process;
    private final int port;

    private PickerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Arguments: port, {@code tls} or {@code plaintext}, endpoints. */
    public static void main(String[] args) throws IOException {
        var settings = ExtProcSettings.DEFAULT.withPorts(Integer.parseInt(args[0]), 0);
        var endpoints = List.of(args).subList(2, args.length);
        try (var picker = PickerFixture.start(
                        args[1].equals("tls") ? settings : settings.withTls(null),
                        PickerFixture.specs(endpoints),
                        Policy.parse(System.getProperty("policy", "round-robin"))
                                .orElseThrow());
                var input = new Scanner(System.in, StandardCharsets.UTF_8)) {
            System.out.println("port " + picker.server.port());
            while (input.hasNextLine()) {
                input.nextLine();
            }
            picker.server.stop(Duration.ofSeconds(20));
        }
    }

    /** Starts one, on that port or on any free one (0). Returns when it accepts. */
    static PickerProcess start(int port, boolean tls, List<String> endpoints) throws IOException {
        var command = new ArrayList<String>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                PickerProcess.class.getName(),
                String.valueOf(port),
                tls ? "tls" : "plaintext"));
        command.addAll(endpoints);
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("port ")) {
                return new PickerProcess(process, Integer.parseInt(line.substring(5)));
            }
        }
        throw new IOException("the picker did not start");
    }

    int port() {
        return port;
    }

    /** As the kernel does it when memory is short. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Begins an orderly end. */
    void drain() throws IOException {
        process.getOutputStream().close();
    }

    /** Waits for its end. */
    void join() {
        process.onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
