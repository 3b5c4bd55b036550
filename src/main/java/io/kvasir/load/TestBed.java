package io.kvasir.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.config.InvalidConfigException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Fresh engines and a fresh router over them, each in a process of its own, for one run. */
final class TestBed implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long START_SECONDS = 60;
    private static final long POLL_MILLIS = 50;

    private final Path folder;
    private final List<ChildProcess> processes = new ArrayList<>();
    private @Nullable URI target;
    private @Nullable EndpointClasses classes;
    private boolean keepLogs = true;

    private TestBed(Path folder) {
        this.folder = folder;
    }

    /**
     * Starts both; returns when the router says it is ready.
     *
     * @param policy the router's policy
     * @param seed of the engines' hidden rates
     * @throws IOException in one line, if either does not start
     */
    static TestBed start(Program program, Scenario scenario, String policy, long seed) throws IOException {
        var bed = new TestBed(Files.createTempDirectory("kvasir-load-test-"));
        try {
            bed.engines(program, scenario, seed);
            bed.router(program, scenario, policy);
            bed.keepLogs = false;
            return bed;
        } catch (IOException | RuntimeException e) {
            bed.close();
            throw e;
        }
    }

    private Path endpointFile() {
        return folder.resolve("endpoints.yaml");
    }

    private void engines(Program program, Scenario scenario, long seed) throws IOException {
        var engines = start(
                "simulate",
                program.with(List.of(
                        "simulate",
                        "--pool",
                        scenario.pool(),
                        "--base-port",
                        "0",
                        "--write-endpoints",
                        endpointFile().toString(),
                        "--time-scale",
                        Double.toString(scenario.timeScale()),
                        "--stream-interval",
                        Integer.toString(scenario.streamInterval()),
                        "--perturb",
                        Long.toString(seed))));
        // the file appears, whole, when all engines listen
        await(engines, () -> Files.exists(endpointFile()));
        try {
            classes = new EndpointClasses(endpointFile());
        } catch (InvalidConfigException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void router(Program program, Scenario scenario, String policy) throws IOException {
        int port = freePort();
        int management = freePort();
        var arguments = new ArrayList<>(List.of(
                "serve",
                "--mode",
                "proxy",
                "--http-host",
                "127.0.0.1",
                "--http-port",
                Integer.toString(port),
                "--name-endpoints",
                "--endpoints",
                endpointFile().toString(),
                "--metrics-port",
                Integer.toString(management),
                "--policy",
                policy,
                "--time-scale",
                Double.toString(scenario.timeScale())));
        if (!scenario.refresh().isEmpty()) {
            arguments.addAll(List.of("--refresh-metrics-interval", scenario.refresh()));
        }
        var router = start("serve", program.with(arguments));
        var ready = URI.create("http://127.0.0.1:" + management + "/q/health/ready");
        await(router, () -> isUp(ready));
        target = URI.create("http://127.0.0.1:" + port);
    }

    private ChildProcess start(String name, List<String> command) throws IOException {
        var process = ChildProcess.start(name, command, folder.resolve(name + ".log"));
        processes.add(process);
        return process;
    }

    /** A condition whose check may fail. */
    private interface Condition {
        boolean holds() throws IOException;
    }

    private void await(ChildProcess process, Condition condition) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!condition.holds()) {
            process.check();
            if (System.nanoTime() > deadline) {
                throw new IOException("not ready after " + START_SECONDS + " s; logs are in " + folder);
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for a process to start", e);
            }
        }
    }

    private static boolean isUp(URI ready) {
        try {
            var connection = (HttpURLConnection) ready.toURL().openConnection();
            connection.setConnectTimeout(1_000);
            connection.setReadTimeout(5_000);
            try (var in = connection.getInputStream()) {
                return JSON.readTree(in).path("status").asText().equals("UP");
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            // not listening yet, or 503 while it is down
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The router's base URL. */
    URI target() {
        if (target == null) {
            throw new IllegalStateException("not started");
        }
        return target;
    }

    /** Hardware class of each engine. */
    EndpointClasses classes() {
        if (classes == null) {
            throw new IllegalStateException("not started");
        }
        return classes;
    }

    /** CPU time used so far by engines, router and this process. */
    CpuSeconds cpuSeconds() {
        return new CpuSeconds(
                processes.get(1).cpuSeconds(), processes.get(0).cpuSeconds(), CpuSeconds.of(ProcessHandle.current()));
    }

    /**
     * Checks that both still run.
     *
     * @throws IOException naming the one that does not, in one line
     */
    void check() throws IOException {
        for (var process : processes) {
            try {
                process.check();
            } catch (IOException e) {
                keepLogs = true;
                throw e;
            }
        }
    }

    /** Stops both. What they printed is kept only if something failed. */
    @Override
    public void close() {
        processes.reversed().forEach(ChildProcess::close);
        if (keepLogs) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // a leftover in the temporary folder harms nobody
            keepLogs = true;
        }
    }
}
