package io.kvasir.sim.http;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One simulated engine's HTTP server, confined to the event loop it is deployed on. */
final class EngineServer extends AbstractVerticle {
    static final int MAX_BODY_BYTES = 64 * 1024 * 1024;
    private static final byte[] NO_BODY = {};

    private final EngineConfig config;
    private final EngineCluster cluster;
    private final String host;
    private final int wantedPort;
    private final Adapters adapters;
    private final PageBuffer page = new PageBuffer();
    private final List<HttpServer> listening = new ArrayList<>();
    private @Nullable EngineHost engineHost;
    private @Nullable Routes routes;
    private @Nullable MetricsPage metrics;
    private @Nullable Buffer frozenPage;
    private @Nullable EventPublisher publisher;
    private @Nullable EventBuffer buffer;
    private @Nullable Connections connections;
    private int port;

    EngineServer(EngineConfig config, EngineCluster cluster, String host, int port) {
        this.config = config;
        this.cluster = cluster;
        this.host = host;
        this.wantedPort = port;
        this.adapters = new Adapters(config.adapters(), config.options().resolvedAdapters());
    }

    @Override
    public void start(Promise<Void> started) {
        var loop = ((ContextInternal) context).nettyEventLoop();
        var here = new EngineHost(config, cluster.group(loop));
        engineHost = here;
        connections = new Connections(vertx);
        var events = config.options().events();
        if (events != null && events.buffered() > 0) {
            var made = new EventBuffer(events, config.limits());
            here.engine().listen(made);
            buffer = made;
        } else if (events != null) {
            var made = new EventPublisher(events, config.dialect(), config.limits(), host);
            here.engine().listen(made);
            publisher = made;
        }
        here.faults(config.faults());
        routes = new Routes(config, this, here, adapters);
        metrics = config.dialect() == EngineDialect.VLLM
                ? VllmMetrics.page(config, here, adapters)
                : SglangMetrics.page(config, here);
        listen(wantedPort, started);
    }

    private void listen(int port, Promise<Void> done) {
        var options = new HttpServerOptions()
                .setHost(host)
                .setPort(port)
                .setTcpNoDelay(true)
                .setHandle100ContinueAutomatically(true)
                .setCompressionSupported(false)
                .setMaxHeaderSize(64 * 1024)
                .setAcceptBacklog(1024);
        var server = vertx.createHttpServer(options)
                .connectionHandler(connections()::opened)
                .requestHandler(this::handle);
        server.listen().onComplete(result -> {
            if (result.succeeded()) {
                listening.add(result.result());
                this.port = result.result().actualPort();
                done.complete();
            } else {
                done.fail(result.cause());
            }
        });
    }

    @Override
    public void stop() {
        live().close();
        if (publisher != null) {
            publisher.close();
        }
    }

    /** What publishes its KV events; null for nothing. */
    @Nullable
    EventPublisher publisher() {
        return publisher;
    }

    /** What keeps its KV events until they are read; null where it does not. */
    @Nullable
    EventBuffer buffer() {
        return buffer;
    }

    /** Its cache is gone, and its events are those of another process, maybe at other ports. */
    void restartEvents(boolean moves, Promise<Void> done) {
        live().engine().dropCache();
        if (publisher != null && moves) {
            publisher.moved();
        } else if (publisher != null) {
            publisher.restarted();
        }
        if (buffer != null) {
            buffer.restarted();
        }
        done.complete();
    }

    EngineConfig engineConfig() {
        return config;
    }

    /** The port it listens on. */
    int port() {
        return port;
    }

    EngineCluster cluster() {
        return cluster;
    }

    private EngineHost live() {
        if (engineHost == null) {
            throw new IllegalStateException("not started");
        }
        return engineHost;
    }

    /** The connections it has. */
    Connections connections() {
        if (connections == null) {
            throw new IllegalStateException("not started");
        }
        return connections;
    }

    /** Its true counters as JSON, from any thread. */
    Future<String> state() {
        Promise<String> state = Promise.promise();
        onLoop(here -> state.complete(AdminRoutes.state(this, here)));
        return state.future();
    }

    /** Ends as a process does that is killed: its connections are reset, its cache is gone, and nobody listens. */
    void die() {
        var here = live();
        connections().resetAll();
        here.engine().dropCache();
        faults(here.faults().with(Fault.REFUSE), Promise.promise());
    }

    /** Runs {@code action} after so many milliseconds; at once for 0. */
    void later(int millis, Runnable action) {
        if (millis > 0) {
            vertx.setTimer(millis, due -> action.run());
        } else {
            action.run();
        }
    }

    /** Runs on this engine's event loop. */
    void onLoop(Consumer<EngineHost> action) {
        context.runOnContext(v -> action.accept(live()));
    }

    /** Sets what is wrong with it; on its event loop. */
    void faults(Faults faults, Promise<Void> done) {
        var here = live();
        if (faults.is(Fault.STALE_METRICS) && !here.faults().is(Fault.STALE_METRICS)) {
            frozenPage = renderMetrics();
        }
        here.faults(faults);
        if (faults.is(Fault.REFUSE) && !listening.isEmpty()) {
            listening.removeFirst().close().onComplete(done);
        } else if (!faults.is(Fault.REFUSE) && listening.isEmpty()) {
            listen(port, done);
        } else {
            done.complete();
        }
    }

    /** The metrics page as it is, or as it was when it froze. */
    Buffer metrics() {
        if (frozenPage != null && live().faults().is(Fault.STALE_METRICS)) {
            return frozenPage;
        }
        return renderMetrics();
    }

    private Buffer renderMetrics() {
        if (metrics == null) {
            throw new IllegalStateException("not started");
        }
        metrics.render(page);
        return Buffer.buffer(page.length()).appendBytes(page.bytes(), 0, page.length());
    }

    private void handle(HttpServerRequest request) {
        var here = routes;
        if (here == null) {
            throw new IllegalStateException("not started");
        }
        var faults = live().faults();
        var connection = request.connection();
        boolean again = connections().begin(connection);
        if (!AdminRoutes.isAdmin(request)) {
            if (again && faults.is(Fault.CLOSE_REUSED)) {
                Connections.reset(connection);
                return;
            }
            if (faults.is(Fault.H2C_ONLY) && !HttpVersion.HTTP_2.equals(request.version())) {
                Routes.notHttp2(request);
                return;
            }
        }
        int idle = faults.count(Fault.CLOSE_IDLE);
        if (idle > 0) {
            request.response().endHandler(sent -> connections().end(connection, idle));
        }
        if (HttpMethod.GET.equals(request.method())) {
            here.serve(request, NO_BODY);
            return;
        }
        if (announced(request) > MAX_BODY_BYTES) {
            Routes.tooLarge(request);
            return;
        }
        var body = Buffer.buffer();
        request.handler(chunk -> {
            if (body.length() + chunk.length() > MAX_BODY_BYTES) {
                request.handler(null).endHandler(null);
                Routes.tooLarge(request);
            } else {
                body.appendBuffer(chunk);
            }
        });
        request.exceptionHandler(gone -> request.handler(null));
        request.endHandler(v -> here.serve(request, body.getBytes()));
    }

    private static long announced(HttpServerRequest request) {
        var length = request.getHeader("content-length");
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            // the decoder has refused what is no number; what is left is too large for one
            return Long.MAX_VALUE;
        }
    }

    /** Starts working on an answer and stops when its client goes. */
    void answer(HttpServerRequest request, GenerationRequest generation, AnswerFormat format) {
        var here = live();
        HttpServerResponse response = request.response();
        var connection = request.connection();
        var answer = generation.stream()
                ? new StreamAnswer(here, connection, response, generation, format, config.streamInterval())
                : new WholeAnswer(here, connection, response, generation, format);
        response.closeHandler(gone -> here.abandon(answer));
        response.exceptionHandler(gone -> here.abandon(answer));
        here.begin(answer);
    }
}
