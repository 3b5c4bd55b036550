package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.tracing.TracingPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The proxy on one event loop: its part of the server, its upstream connections and its clients. */
final class ProxyLoop extends AbstractVerticle {
    private static final int CHUNK = 64 << 10;
    private static final int COPY = 8 << 10;
    private static final int LONGEST_REQUEST_LINE = 16 << 10;
    /** Below the 5 s after which uvicorn closes a connection without a request. */
    private static final int UPSTREAM_KEEP_ALIVE_SECONDS = 4;

    private static final int LINGER_MILLIS = 5_000;

    private static final int MOST_HTTP2_CONNECTIONS = 64;
    private static final int HTTP2_STREAMS = 100;
    private static final int HTTP2_WINDOW = 1 << 20;

    private final ProxySettings settings;
    private final Router router;
    private final ProxyCounts counts;
    private final BodyBudget budget;
    private final int sharedPort;
    private final Map<HttpConnection, ClientConnection> connections = new HashMap<>();
    private final HolderSearch holders = new HolderSearch(this);
    private final RequestIds ids = new RequestIds(new SplittableRandom());
    private final byte[] copy = new byte[COPY];
    private final int sweepMillis;
    private final HttpDate date = new HttpDate(System::currentTimeMillis);
    private final long startSeconds = System.currentTimeMillis() / 1000;
    private @Nullable HttpServer server;
    private @Nullable HttpClient client;
    private @Nullable HttpClient freshClient;
    private @Nullable HttpClient http2Client;
    private @Nullable WriteBatch writes;
    private volatile @Nullable Channel listener;
    private volatile int port;
    /** Written by the loop only. */
    private volatile int tick;

    private @Nullable CompletableFuture<Void> drained;

    ProxyLoop(ProxySettings settings, Router router, ProxyCounts counts, BodyBudget budget, int sharedPort) {
        this.settings = settings;
        this.router = router;
        this.counts = counts;
        this.budget = budget;
        this.sharedPort = sharedPort;
        sweepMillis = settings.waits().sweepMillis();
    }

    @Override
    public void start(Promise<Void> started) {
        EventLoop loop = ((ContextInternal) context).nettyEventLoop();
        writes = new WriteBatch(loop, counts.writeFailures());
        client = client(clientOptions(settings));
        freshClient = client(clientOptions(settings).setKeepAlive(false));
        http2Client = client(http2Options(settings));
        server = vertx.createHttpServer(serverOptions(settings, settings.port() == 0 ? sharedPort : settings.port()))
                .connectionHandler(this::accepted)
                .requestHandler(this::handle)
                .invalidRequestHandler(this::invalid)
                .exceptionHandler(ignored -> {});
        vertx.setPeriodic(sweepMillis, id -> sweep());
        var upstreams = client;
        var fresh = freshClient;
        var otherUpstreams = http2Client;
        server.listen()
                .onSuccess(bound -> port = bound.actualPort())
                .onFailure(taken -> {
                    upstreams.close();
                    fresh.close();
                    otherUpstreams.close();
                })
                .<Void>mapEmpty()
                .onComplete(started);
    }

    private HttpClient client(HttpClientOptions options) {
        return vertx.httpClientBuilder()
                .with(options)
                .with(new PoolOptions()
                        .setHttp1MaxSize(settings.connections().most())
                        .setHttp2MaxSize(MOST_HTTP2_CONNECTIONS)
                        .setMaxWaitQueueSize(settings.connections().waiting()))
                .withConnectHandler(this::connected)
                .build();
    }

    /** For engines that speak HTTP/2 only: by prior knowledge, many requests on a connection. */
    static HttpClientOptions http2Options(ProxySettings settings) {
        return clientOptions(settings)
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MultiplexingLimit(HTTP2_STREAMS)
                .setHttp2ConnectionWindowSize(HTTP2_WINDOW);
    }

    static HttpClientOptions clientOptions(ProxySettings settings) {
        return new HttpClientOptions()
                .setKeepAlive(true)
                .setKeepAliveTimeout(UPSTREAM_KEEP_ALIVE_SECONDS)
                .setTcpNoDelay(true)
                .setConnectTimeout((int) settings.waits().connect().toMillis())
                .setMaxChunkSize(CHUNK)
                .setMaxHeaderSize(settings.limits().headers())
                .setTracingPolicy(TracingPolicy.IGNORE);
    }

    /** @param port to listen on; a negative one is a free port, shared by all who ask for the same number */
    static HttpServerOptions serverOptions(ProxySettings settings, int port) {
        int headers = settings.limits().headers();
        return new HttpServerOptions()
                .setHost(settings.host())
                .setPort(port)
                .setTcpNoDelay(true)
                .setAcceptBacklog(4096)
                .setMaxHeaderSize(headers)
                .setMaxInitialLineLength(Math.min(headers, LONGEST_REQUEST_LINE))
                .setMaxChunkSize(CHUNK)
                .setCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setHttp2ClearTextEnabled(false)
                .setTracingPolicy(TracingPolicy.IGNORE);
    }

    private void accepted(HttpConnection opened) {
        var base = (ConnectionBase) opened;
        listener = base.channel().parent();
        var connection = new ClientConnection(this, base);
        connections.put(opened, connection);
        counts.connection(true);
        opened.exceptionHandler(ignored -> {});
        opened.closeHandler(v -> {
            connections.remove(opened);
            counts.connection(false);
            checkDrained();
        });
    }

    private void connected(HttpConnection opened) {
        UpstreamConnection.watch(opened)
                .passTo(UpstreamCodec.install(
                        ((ConnectionBase) opened).channel().pipeline(),
                        counts,
                        settings.limits().headers(),
                        CHUNK));
        opened.exceptionHandler(ignored -> {});
    }

    private void handle(HttpServerRequest request) {
        var connection = connections.get(request.connection());
        if (connection == null) {
            // already closed
            return;
        }
        new Exchange(this, connection, request).start();
    }

    private void invalid(HttpServerRequest request) {
        var connection = connections.get(request.connection());
        if (connection != null) {
            new Exchange(this, connection, request).invalid();
        }
    }

    private void sweep() {
        int next = tick + 1;
        tick = next;
        long now = router.nanoTime();
        for (var connection : new ArrayList<>(connections.values())) {
            var exchange = connection.exchange();
            if (connection.overdue(tick)) {
                connection.reset();
            } else if (exchange != null) {
                exchange.sweep(tick, now);
            }
        }
    }

    /** Runs something on this loop; from any thread. */
    void run(Runnable task) {
        context.runOnContext(v -> task.run());
    }

    /** The exchange is over. */
    void ended(ClientConnection connection, Exchange exchange) {
        connection.end(exchange);
        checkDrained();
    }

    /** No further requests; completes when none is left. */
    CompletableFuture<Void> drain() {
        var done = new CompletableFuture<Void>();
        context.runOnContext(v -> {
            drained = done;
            for (var connection : new ArrayList<>(connections.values())) {
                if (connection.exchange() == null) {
                    connection.close();
                }
            }
            checkDrained();
        });
        return done;
    }

    /** Breaks off what is left. */
    void abortAll() {
        context.runOnContext(v -> {
            for (var connection : new ArrayList<>(connections.values())) {
                var exchange = connection.exchange();
                if (exchange != null) {
                    exchange.shutDown();
                } else {
                    connection.resetUnlessFlushed();
                }
            }
            checkDrained();
        });
    }

    /** Resets the connections that are left: their clients do not read what was written. */
    CompletableFuture<Void> closeAll() {
        var done = new CompletableFuture<Void>();
        context.runOnContext(v -> {
            for (var connection : new ArrayList<>(connections.values())) {
                connection.resetUnlessFlushed();
            }
            done.complete(null);
        });
        return done;
    }

    private void checkDrained() {
        if (drained != null && connections.values().stream().noneMatch(ClientConnection::ending)) {
            drained.complete(null);
        }
    }

    boolean draining() {
        return drained != null;
    }

    /** The channel that accepts connections, known once there was one. */
    @Nullable
    Channel listener() {
        return listener;
    }

    int port() {
        return port;
    }

    ProxySettings settings() {
        return settings;
    }

    Router router() {
        return router;
    }

    ProxyCounts counts() {
        return counts;
    }

    HolderSearch holders() {
        return holders;
    }

    BodyBudget budget() {
        return budget;
    }

    RequestIds ids() {
        return ids;
    }

    /** What speaks to that endpoint. */
    HttpClient client(Endpoint endpoint) {
        return Objects.requireNonNull(endpoint.protocol() == EngineProtocol.H2C ? http2Client : client);
    }

    /** Makes a connection for each request, where one that is kept is not to be trusted. */
    HttpClient freshClient(Endpoint endpoint) {
        return Objects.requireNonNull(endpoint.protocol() == EngineProtocol.H2C ? http2Client : freshClient);
    }

    /** Room for bytes that are looked at and forgotten. */
    byte[] copy() {
        return copy;
    }

    WriteBatch writes() {
        return Objects.requireNonNull(writes);
    }

    /** Now, as the header {@code date} says it. */
    String date() {
        return date.now();
    }

    /** When this loop was made, in seconds since 1970. */
    long startSeconds() {
        return startSeconds;
    }

    /** Sweeps so far. */
    int tick() {
        return tick;
    }

    int idleTicks() {
        return ticks(settings.waits().idle().toMillis());
    }

    int headerTicks() {
        return ticks(settings.waits().header().toMillis());
    }

    int lingerTicks() {
        return ticks(LINGER_MILLIS);
    }

    private int ticks(long millis) {
        return (int) Math.min(Integer.MAX_VALUE, (millis + sweepMillis - 1) / sweepMillis);
    }
}
