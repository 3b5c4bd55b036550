package io.kvasir.sim.http;

import io.kvasir.clock.ScaledClock;
import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.net.BindException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Engines of one process: their event loops, the thread that wakes them, and their servers by name. */
public final class EngineCluster implements AutoCloseable {
    private final Vertx vertx;
    private final Ticker ticker = new Ticker();
    private final ScaledClock clock;
    private final Map<EventLoop, EngineGroup> groups = new ConcurrentHashMap<>();
    private final Map<String, EngineServer> servers = new LinkedHashMap<>();

    /**
     * Starts event loops without engines.
     *
     * @param eventLoops number of threads that serve
     * @param timeScale simulated seconds per real second
     */
    public EngineCluster(int eventLoops, double timeScale) {
        clock = ScaledClock.fromZero(timeScale);
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(eventLoops)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }

    /**
     * Serves an engine and returns when it listens. Not to be called concurrently.
     *
     * @param port 0 for any free one
     * @return the port
     * @throws BindException if the port is taken or cannot be used
     */
    public int serve(EngineConfig config, String host, int port) throws BindException {
        var server = new EngineServer(config, this, host, port);
        try {
            join(vertx.deployVerticle(server));
        } catch (CompletionException e) {
            var refused = new BindException("port " + port + " on " + host + " cannot be used: "
                    + (e.getCause() == null ? e : e.getCause()).getMessage());
            refused.initCause(e);
            throw refused;
        }
        synchronized (servers) {
            servers.put(config.name(), server);
        }
        return server.port();
    }

    /**
     * Sets what is wrong with an engine; returns when it is so.
     *
     * @throws IllegalArgumentException if there is no engine of that name
     */
    public void faults(String engine, Faults faults) {
        var server = server(engine);
        if (server == null) {
            throw new IllegalArgumentException("there is no engine " + engine + "; there are " + names());
        }
        Promise<Void> done = Promise.promise();
        server.onLoop(host -> server.faults(faults, done));
        join(done.future());
    }

    /**
     * The true counters of an engine, as its {@code /admin/state} tells them, whatever is wrong with it.
     *
     * @throws IllegalArgumentException if there is no engine of that name
     */
    public String state(String engine) {
        var server = server(engine);
        if (server == null) {
            throw new IllegalArgumentException("there is no engine " + engine + "; there are " + names());
        }
        return join(server.state());
    }

    /**
     * What publishes the KV events of an engine.
     *
     * @throws IllegalArgumentException if there is no engine of that name, or it publishes none
     */
    public EventPublisher events(String engine) {
        var server = server(engine);
        var publisher = server == null ? null : server.publisher();
        if (publisher == null) {
            throw new IllegalArgumentException("there is no engine " + engine + " that publishes events");
        }
        return publisher;
    }

    /**
     * An engine's cache is gone, and its events are those of another process, when this returns.
     *
     * @param moves whether it publishes at other ports from now on
     */
    public void restartEvents(String engine, boolean moves) {
        var server = server(engine);
        if (server == null) {
            throw new IllegalArgumentException("there is no engine " + engine + "; there are " + names());
        }
        Promise<Void> done = Promise.promise();
        server.onLoop(_ -> server.restartEvents(moves, done));
        join(done.future());
    }

    private List<String> names() {
        synchronized (servers) {
            return List.copyOf(servers.keySet());
        }
    }

    @Nullable
    EngineServer server(String name) {
        synchronized (servers) {
            return servers.get(name);
        }
    }

    EngineGroup group(EventLoop loop) {
        return groups.computeIfAbsent(loop, l -> new EngineGroup(l, ticker, clock));
    }

    private static <T> T join(Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().join();
    }

    /** Stops everything; open answers are cut off. */
    @Override
    public void close() {
        join(vertx.close());
        ticker.close();
    }
}
