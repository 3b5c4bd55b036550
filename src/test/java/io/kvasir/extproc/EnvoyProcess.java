package io.kvasir.extproc;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A real Envoy, started from a file of {@code deploy/envoy} with its ports replaced. The binary is the one that
 * {@code KVASIR_ENVOY} names, else what the build has unpacked to {@code target/envoy}.
 */
final class EnvoyProcess implements AutoCloseable {
    private static final Pattern LISTENER =
            Pattern.compile("\"name\":\\s*\"http\".*?\"port_value\":\\s*(\\d+)", Pattern.DOTALL);
    private static final Pattern SELECTED_HOST = Pattern.compile("( +)selected_host_key:\n(?:\\1 +.*\n)+");
    private static final Pattern MINOR_VERSION = Pattern.compile("/1\\.(\\d+)\\.");
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private final Process process;
    private final Path log;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String admin;
    private final int port;

    private EnvoyProcess(Process process, Path log, Path adminAddress) throws IOException {
        this.process = process;
        this.log = log;
        long start = System.nanoTime();
        while (!Files.exists(adminAddress) || Files.size(adminAddress) == 0) {
            pause(start);
        }
        admin = "http://" + Files.readString(adminAddress).strip();
        while (!ready()) {
            pause(start);
        }
        var matcher = LISTENER.matcher(admin("/listeners?format=json"));
        if (!matcher.find()) {
            throw new IOException("Envoy tells no port of its listener");
        }
        port = Integer.parseInt(matcher.group(1));
    }

    private boolean ready() {
        try {
            return admin("/ready").startsWith("LIVE");
        } catch (IOException e) {
            // not listening yet
            return false;
        }
    }

    private void pause(long start) throws IOException {
        if (!process.isAlive() || System.nanoTime() - start > PATIENCE_NANOS) {
            process.destroyForcibly();
            throw new IOException("Envoy did not start:\n" + Files.readString(log));
        }
        LockSupport.parkNanos(5_000_000);
    }

    /** Skips the test, with the reason, where there is none. */
    static void assumePresent() {
        assumeTrue(binary() != null, EnvoyProcess::whyNot);
    }

    /** Path of the binary; null if there is none, and then {@link #whyNot} tells why. */
    private static @Nullable Path binary() {
        var named = System.getenv("KVASIR_ENVOY");
        var path = Path.of(named == null || named.isEmpty() ? "target/envoy/envoy" : named);
        return Files.isExecutable(path) ? path.toAbsolutePath() : null;
    }

    /** Why there is no binary. */
    private static String whyNot() {
        try {
            return "no Envoy: "
                    + Files.readString(Path.of("target/envoy/why-not")).strip();
        } catch (IOException e) {
            return "no Envoy: neither KVASIR_ENVOY nor target/envoy/envoy is executable; "
                    + "src/test/scripts/fetch-envoy fetches one";
        }
    }

    /**
     * Starts Envoy.
     *
     * @param file name in {@code deploy/envoy}
     * @param picker port of the picker
     * @param engines ports of the engines, for the file that lists them; three
     * @param failOpen whether requests go on without a picker
     */
    static EnvoyProcess start(String file, int picker, List<Integer> engines, boolean failOpen, Path directory)
            throws IOException {
        return start(file, picker, engines, failOpen, directory, UnaryOperator.identity());
    }

    /** The same with the file changed before. */
    static EnvoyProcess start(
            String file,
            int picker,
            List<Integer> engines,
            boolean failOpen,
            Path directory,
            UnaryOperator<String> change)
            throws IOException {
        String config = change.apply(Files.readString(Path.of("deploy/envoy", file)))
                .replace("address: 0.0.0.0", "address: 127.0.0.1")
                .replace("port_value: 10000", "port_value: 0")
                .replace("port_value: 9901", "port_value: 0")
                .replace("port_value: 9002", "port_value: " + picker)
                .replace("failure_mode_allow: false", "failure_mode_allow: " + failOpen);
        if (!tellsWhoServed()) {
            config = SELECTED_HOST.matcher(config).replaceFirst("");
        }
        for (int i = 0; i < engines.size(); i++) {
            config = config.replace("port_value: " + (8001 + i) + " ", "port_value: " + engines.get(i) + " ");
        }
        var own = Files.createTempDirectory(directory, "envoy");
        var written = Files.writeString(own.resolve("envoy.yaml"), config);
        var adminAddress = own.resolve("admin");
        var log = own.resolve("envoy.log");
        var process = new ProcessBuilder(
                        String.valueOf(binary()),
                        "-c",
                        written.toString(),
                        "--concurrency",
                        "1",
                        "--log-level",
                        "warning",
                        "--use-dynamic-base-id",
                        "--admin-address-path",
                        adminAddress.toString())
                .redirectErrorStream(true)
                .redirectOutput(new File(log.toString()))
                .start();
        return new EnvoyProcess(process, log, adminAddress);
    }

    /**
     * Whether this Envoy shows its own replies to the picker. Those from 1.34 to 1.36 (and patches of older ones) do not,
     * by their guard {@code envoy.reloadable_features.skip_ext_proc_on_local_reply}: the stream is half-closed, just as when
     * the client leaves.
     */
    static boolean showsOwnReplies() throws IOException {
        return after(36);
    }

    /** Whether this Envoy tells which endpoint served ({@code selected_host_key}). */
    static boolean tellsWhoServed() throws IOException {
        return after(36);
    }

    /** Whether this is a younger Envoy than 1.{@code minor}. */
    private static boolean after(int minor) throws IOException {
        var version = new ProcessBuilder(String.valueOf(binary()), "--version").start();
        try (var out = version.inputReader()) {
            var matcher = MINOR_VERSION.matcher(String.join("\n", out.lines().toList()));
            return matcher.find() && Integer.parseInt(matcher.group(1)) > minor;
        }
    }

    /** Base URL of its listener. */
    String url() {
        return "http://127.0.0.1:" + port;
    }

    /** An answer of its admin interface. */
    String admin(String path) throws IOException {
        try {
            return client.send(
                            HttpRequest.newBuilder(URI.create(admin + path)).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** A counter or gauge; 0 where it does not exist. */
    long stat(String name) throws IOException {
        for (String line : admin("/stats?filter=" + name).split("\n", -1)) {
            if (line.startsWith(name + ": ")) {
                return Long.parseLong(line.substring(name.length() + 2).strip());
            }
        }
        return 0;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
