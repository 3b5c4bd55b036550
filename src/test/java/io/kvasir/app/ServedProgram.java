package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The built program as a proxy over an endpoint file, watched from outside as an operator would. */
final class ServedProgram implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Process process;
    private final Path folder;
    private final int httpPort;
    private final int metricsPort;

    private ServedProgram(Process process, Path folder, int httpPort, int metricsPort) {
        this.process = process;
        this.folder = folder;
        this.httpPort = httpPort;
        this.metricsPort = metricsPort;
    }

    /** Starts it and returns when it is ready. */
    static ServedProgram start(Path folder, Path endpoints, List<String> jvm, String... more) throws IOException {
        int http = ReservedPorts.next();
        int metrics = ReservedPorts.next();
        var flags = new ArrayList<>(List.of(
                "--http-host",
                "127.0.0.1",
                "--http-port",
                Integer.toString(http),
                "--metrics-port",
                Integer.toString(metrics),
                "--grpc-port",
                "0",
                "--grpc-health-port",
                "0",
                "--endpoints",
                endpoints.toString()));
        flags.addAll(List.of(more));
        var process =
                BuiltProgram.printingTo(folder, BuiltProgram.serve(jvm, flags)).start();
        var served = new ServedProgram(process, folder, http, metrics);
        await().atMost(START).until(() -> !process.isAlive() || served.ready());
        assertThat(process.isAlive()).as(served::printed).isTrue();
        return served;
    }

    private boolean ready() {
        try {
            return get("/q/health/ready").contains("\"UP\"");
        } catch (IOException e) {
            return false;
        }
    }

    int httpPort() {
        return httpPort;
    }

    /** Where clients find that path. */
    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + httpPort + path);
    }

    String printed() {
        return BuiltProgram.printed(folder);
    }

    private String send(HttpRequest.Builder request, String path) throws IOException {
        try {
            return client.send(
                            request.uri(URI.create("http://127.0.0.1:" + metricsPort + path))
                                    .timeout(START)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** What its management port answers. */
    String get(String path) throws IOException {
        return send(HttpRequest.newBuilder(), path);
    }

    /** Why that chat would go where. */
    JsonNode explain(String chat) throws IOException {
        return JSON.readTree(send(
                HttpRequest.newBuilder()
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(chat)),
                "/api/explain"));
    }

    /** Sum of the samples on its metrics page whose name and labels begin so. */
    double metric(String sample) throws IOException {
        return get("/metrics")
                .lines()
                .filter(line -> line.startsWith(sample))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Most memory that it ever had resident, in bytes (proc(5), {@code VmHWM}). */
    long mostResidentBytes() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IOException("no VmHWM");
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Sends SIGTERM; returns whether it ended within that time. */
    boolean endsWithin(Duration time) throws InterruptedException {
        process.destroy();
        return process.waitFor(time.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        client.close();
        process.destroyForcibly();
        process.onExit().join();
    }
}
