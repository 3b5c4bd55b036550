package io.kvasir.extproc;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.kvasir.app.BuiltProgram;
import io.kvasir.extproc.wire.proto.HealthCheckRequest;
import io.kvasir.extproc.wire.proto.HealthCheckResponse.ServingStatus;
import io.kvasir.testing.Await;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The built program as an endpoint picker, started as an operator would, so that it can be killed and stopped. */
final class KvasirProcess implements AutoCloseable {
    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;
    private final Ports ports;
    private final Path log;
    private final ManagedChannel health;

    private KvasirProcess(Process process, Ports ports, Path log) {
        this.process = process;
        this.ports = ports;
        this.log = log;
        health = NettyChannelBuilder.forAddress("127.0.0.1", ports.health)
                .usePlaintext()
                .build();
    }

    /** Where it listens; the same again after a restart. */
    record Ports(int grpc, int health, int metrics) {
        /** Ports that nobody uses now. */
        static Ports free() {
            return new Ports(ReservedPorts.next(), ReservedPorts.next(), ReservedPorts.next());
        }
    }

    /** Starts one; {@link #awaitReady} tells when it serves. */
    static KvasirProcess launch(Ports ports, boolean tls, Path endpoints, Path directory) throws IOException {
        var log = Files.createTempFile(directory, "kvasir", ".log");
        var program = BuiltProgram.serve(
                // starts sooner, and these tests measure nothing
                List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"),
                List.of(
                        "--mode",
                        "ext-proc",
                        "--grpc-port",
                        String.valueOf(ports.grpc),
                        "--grpc-health-port",
                        String.valueOf(ports.health),
                        "--metrics-port",
                        String.valueOf(ports.metrics),
                        "--secure-serving=" + tls,
                        "--refresh-metrics-interval",
                        "50ms",
                        "--endpoints",
                        endpoints.toString()));
        program.redirectErrorStream(true).redirectOutput(log.toFile());
        return new KvasirProcess(program.start(), ports, log);
    }

    /** As {@link #launch}, and waits until it serves. */
    static KvasirProcess start(Ports ports, boolean tls, Path endpoints, Path directory) throws IOException {
        return launch(ports, tls, endpoints, directory).awaitReady();
    }

    /** Returns when health checks say that requests can be routed. */
    KvasirProcess awaitReady() {
        Await.await(() -> {
            if (!process.isAlive()) {
                throw new IOException("Kvasir ended:\n" + Files.readString(log));
            }
            return health() == ServingStatus.SERVING;
        });
        return this;
    }

    /** What it has logged. */
    String log() throws IOException {
        return Files.readString(log);
    }

    Ports ports() {
        return ports;
    }

    /** What its health port says of the picker; unknown where it does not answer. */
    ServingStatus health() {
        try {
            return ClientCalls.blockingUnaryCall(
                            health,
                            HealthService.CHECK,
                            CallOptions.DEFAULT,
                            HealthCheckRequest.newBuilder()
                                    .setService("readiness")
                                    .build())
                    .getStatus();
        } catch (StatusRuntimeException e) {
            return ServingStatus.UNKNOWN;
        }
    }

    /** Sum of the samples on its metrics page whose name and labels begin so. */
    double metric(String sample) throws IOException {
        try {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.metrics + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(sample))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** How often that happened on its streams. */
    long events(StreamEvent event) throws IOException {
        return (long) metric("kvasir_ext_proc_events_total{event=\"" + event.code() + "\"}");
    }

    boolean alive() {
        return process.isAlive();
    }

    /** As the kernel does it when memory is short: SIGKILL. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** As the kubelet does it: SIGTERM. */
    void terminate() {
        process.destroy();
    }

    @Override
    public void close() {
        health.shutdownNow();
        client.close();
        kill();
    }
}
