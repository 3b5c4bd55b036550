package io.kvasir.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process this one started. It is stopped when closed, and when this JVM ends. */
final class ChildProcess implements AutoCloseable {
    private static final int STOP_SECONDS = 10;

    private final String name;
    private final Process process;
    private final Path log;
    private final Thread hook;

    private ChildProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.hook = new Thread(process::destroyForcibly, "stop-" + name);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Starts a process.
     *
     * @param name what to call it in errors
     * @param log file for what it prints
     * @throws IOException if it cannot be started
     */
    static ChildProcess start(String name, List<String> command, Path log) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        // a run is what its scenario says, not what the shell has set for another router
        builder.environment().keySet().removeIf(variable -> variable.startsWith("KVASIR_"));
        var process = builder.start();
        process.getOutputStream().close();
        return new ChildProcess(name, process, log);
    }

    /** CPU seconds it has used. */
    double cpuSeconds() {
        return CpuSeconds.of(process.toHandle());
    }

    /**
     * Checks that it runs.
     *
     * @throws IOException with its exit status and the last line it printed, if it does not
     */
    void check() throws IOException {
        if (!process.isAlive()) {
            throw new IOException(
                    name + " ended with status " + process.exitValue() + ": " + lastLine() + " (all in " + log + ")");
        }
    }

    /** The last line it printed; empty if none. */
    String lastLine() throws IOException {
        var lines =
                Files.readString(log, StandardCharsets.UTF_8).strip().lines().toList();
        return lines.isEmpty() ? "" : lines.getLast();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // this JVM is ending and the hook runs already
        }
    }
}
