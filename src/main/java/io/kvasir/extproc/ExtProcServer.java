package io.kvasir.extproc;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.kvasir.extproc.tls.FirstBytes;
import io.kvasir.extproc.tls.ServerTls;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.failure.FailureText;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.transport.Transport;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint picker's two ports: Envoy's external processing protocol, and gRPC health checks. A server of our own,
 * because Vert.x refuses the {@code :authority} that Istio sends ({@code outbound|9002||svc}), and because Quarkus' gRPC
 * server goes on starting when its port is taken. Streams are handled on the given event loops without a hop.
 */
public final class ExtProcServer implements Metered {
    private static final Logger LOG = Logger.getLogger(ExtProcServer.class);
    private static final int WINDOW = 1 << 20;
    private static final int CALLS_PER_CONNECTION = 1 << 16;
    private static final int MAX_METADATA = 64 << 10;
    /** Proxies are let to ping more often than gRPC's five minutes, for which it would send them away. */
    private static final long PINGS_TAKEN_MILLIS = 500;

    private static final long MOST_SILENCE_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long SILENCE_LOOK_SECONDS = 60;
    private static final long HEALTH_REFRESH_MILLIS = 250;
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final ExtProcSettings settings;
    private final EventLoopGroup loops;
    private final EventLoopGroup acceptor;
    private final Readiness readiness;
    private final HealthService health;
    private final ExtProcCounts counts = new ExtProcCounts();
    private final FirstBytes pickerConnections = new FirstBytes("endpoint picker's port", LOG::warn, System::nanoTime);
    private final FirstBytes healthConnections = new FirstBytes("gRPC health port", LOG::warn, System::nanoTime);
    private final BodyBudget budget;
    private final StreamHandler handler;
    private @Nullable ServerTls tls;
    private @Nullable Server picker;
    private @Nullable Server healthServer;

    /**
     * @param router decides
     * @param loops event loops to serve on, kept running by whoever made them
     * @param budget memory for bodies, shared with whoever else holds some
     * @param poolReady whether the pool is known, so that requests can be routed; asked on health checks
     */
    public ExtProcServer(
            ExtProcSettings settings,
            Router router,
            EventLoopGroup loops,
            BodyBudget budget,
            BooleanSupplier poolReady) {
        this.settings = settings;
        this.loops = loops;
        acceptor = Transport.of(loops).loops(1);
        readiness = new Readiness(poolReady);
        health = new HealthService(readiness);
        this.budget = budget;
        handler = new StreamHandler(
                new StreamContext(router, settings.streams(), budget, counts, this::later),
                loops,
                settings.maxAnswerBytes());
    }

    /** On the thread that asks for it, if that is an event loop: that of a stream, whose books no other may touch. */
    private void later(double seconds, Runnable task) {
        EventExecutor here = loops.next();
        for (EventExecutor loop : loops) {
            if (loop.inEventLoop()) {
                here = loop;
            }
        }
        var _ = here.schedule(task, Math.round(seconds * 1e9), TimeUnit.NANOSECONDS);
    }

    /**
     * Opens both ports; the health port first, so that probes see a process that starts. Returns when streams are accepted.
     *
     * @throws IOException in one line, if a port is taken or a certificate unusable; nothing is left open then
     */
    public void start() throws IOException {
        try {
            healthServer = bind(
                    "grpc-health-port",
                    settings.healthPort(),
                    base(settings.host(), settings.healthPort(), healthConnections)
                            .addService(health.definition()));
            var builder = base(settings.pickerHost(), settings.port(), pickerConnections)
                    .flowControlWindow(WINDOW)
                    .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
                    .maxInboundMessageSize(Integer.MAX_VALUE)
                    .addStreamTracerFactory(InboundSize.factory(settings.maxMessageBytes(), budget))
                    .maxInboundMetadataSize(MAX_METADATA)
                    .addService(ServerServiceDefinition.builder(ExternalProcessor.SERVICE)
                            .addMethod(ExternalProcessor.process(settings.maxMessageBytes()), handler)
                            .build());
            if (settings.healthChecking()) {
                builder.addService(health.definition());
            }
            if (settings.tls() != null) {
                tls = ServerTls.start(settings.tls(), acceptor);
                builder.sslContext(tls.context());
            }
            picker = bind("grpc-port", settings.port(), builder);
        } catch (IOException e) {
            close();
            throw e;
        }
        readiness.accepting(true);
        var _ = acceptor.scheduleWithFixedDelay(
                health::refresh, HEALTH_REFRESH_MILLIS, HEALTH_REFRESH_MILLIS, TimeUnit.MILLISECONDS);
        var _ = acceptor.scheduleWithFixedDelay(
                () -> handler.endSilences(MOST_SILENCE_NANOS),
                SILENCE_LOOK_SECONDS,
                SILENCE_LOOK_SECONDS,
                TimeUnit.SECONDS);
    }

    private NettyServerBuilder base(String host, int port, FirstBytes connections) {
        return NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                .bossEventLoopGroup(acceptor)
                .workerEventLoopGroup(loops)
                .channelFactory(connections.channels(Transport.of(loops)))
                .directExecutor()
                // a gateway that vanishes says nothing, and TCP would notice after two hours
                .keepAliveTime(settings.keepAlive().toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(settings.keepAlive().toMillis() / 3, TimeUnit.MILLISECONDS)
                .permitKeepAliveTime(PINGS_TAKEN_MILLIS, TimeUnit.MILLISECONDS)
                .permitKeepAliveWithoutCalls(true);
    }

    private static Server bind(String key, int port, NettyServerBuilder builder) throws IOException {
        try {
            return builder.build().start();
        } catch (IOException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(key + ": " + port + " cannot be listened on: " + FailureText.of(cause), e);
        }
    }

    /** Port of the picker, once started. */
    public int port() {
        return picker == null ? settings.port() : picker.getPort();
    }

    /** Port of health checks, once started. */
    public int healthPort() {
        return healthServer == null ? settings.healthPort() : healthServer.getPort();
    }

    /** Whether health checks say that requests can be routed here. */
    public boolean ready() {
        return readiness.ready();
    }

    /** What happened on streams. */
    public ExtProcCounts counts() {
        return counts;
    }

    /** How connections to the picker's port began. */
    public FirstBytes pickerConnections() {
        return pickerConnections;
    }

    /** How connections to the health port began. */
    public FirstBytes healthConnections() {
        return healthConnections;
    }

    /** Bytes of bodies now in memory. */
    public long bodyBytes() {
        return budget.used();
    }

    /**
     * Stops. Health checks say so at once, while streams are still taken: gateways need a while to notice. When none was
     * open for a second, or after {@code drain}, nothing more is taken; requests still undecided are told 503, and what is
     * under way is reset. Blocks; not for event loops.
     */
    public void stop(Duration drain) {
        readiness.accepting(false);
        health.refresh();
        awaitQuiet(drain);
        if (picker != null) {
            picker.shutdown();
            handler.shutDown();
            await(picker, LAST_WORDS);
        }
        close();
    }

    private void awaitQuiet(Duration drain) {
        long start = System.nanoTime();
        long quietSince = start;
        while (System.nanoTime() - start < drain.toNanos()) {
            if (counts.open() > 0) {
                quietSince = System.nanoTime();
            } else if (System.nanoTime() - quietSince >= QUIET.toNanos()) {
                return;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static void await(Server server, Duration most) {
        try {
            server.awaitTermination(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void close() {
        readiness.accepting(false);
        if (picker != null) {
            picker.shutdownNow();
            await(picker, LAST_WORDS);
        }
        if (healthServer != null) {
            healthServer.shutdownNow();
            await(healthServer, LAST_WORDS);
        }
        if (tls != null) {
            tls.close();
        }
        var _ = acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Override
    public void describe(MetricSink sink) {
        counts.describe(sink);
        pickerConnections.describe(sink, "picker");
        healthConnections.describe(sink, "health");
    }
}
