package io.kvasir.proxy;

import io.kvasir.failure.FailureText;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The HTTP door: made, started, stopped once. Not to be started or stopped on an event loop. */
public final class ProxyServer {
    private final ProxySettings settings;
    private final Vertx vertx;
    private final ProxyCounts counts;
    private final List<ProxyLoop> loops = new ArrayList<>();
    private @Nullable String deployment;

    /** @param router where requests are decided; its pool is what {@code /v1/models} shows */
    public ProxyServer(ProxySettings settings, Router router, Vertx vertx) {
        this.settings = settings;
        this.vertx = vertx;
        var budget = new BodyBudget(settings.limits().buffered());
        counts = new ProxyCounts(budget);
        // Vert.x lets servers share a free port that they ask for under the same negative number
        int sharedPort = -(1 + (System.identityHashCode(this) & 0xffffff));
        for (int i = 0; i < settings.eventLoops(); i++) {
            loops.add(new ProxyLoop(settings, router, counts, budget, sharedPort));
        }
    }

    /**
     * Listens; returns when all event loops do.
     *
     * @throws BindException in one line if the port cannot be had
     */
    public void start() throws BindException {
        var left = new ArrayList<>(loops);
        try {
            deployment = vertx.deployVerticle(left::removeLast, new DeploymentOptions().setInstances(loops.size()))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            var why = new BindException("http-port: " + settings.host() + ":" + settings.port()
                    + " cannot be listened on: " + FailureText.of(cause));
            why.initCause(cause);
            throw why;
        }
    }

    /** The port it listens on. */
    public int port() {
        return loops.getFirst().port();
    }

    public ProxyCounts counts() {
        return counts;
    }

    /**
     * Stops accepting connections, closes those without a request, waits for answers in progress, and breaks off
     * visibly what is not done in time.
     *
     * @param bound longest wait for answers in progress
     */
    public void stop(Duration bound) {
        var running = deployment;
        if (running == null) {
            return;
        }
        deployment = null;
        stopAccepting();
        var drained =
                CompletableFuture.allOf(loops.stream().map(ProxyLoop::drain).toArray(CompletableFuture<?>[]::new));
        if (!done(drained, bound)) {
            loops.forEach(ProxyLoop::abortAll);
            drained.join();
        }
        vertx.undeploy(running).toCompletionStage().toCompletableFuture().join();
    }

    private static boolean done(CompletableFuture<Void> drained, Duration bound) {
        try {
            drained.get(bound.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Closes the listening socket and no connection; where there was no connection yet, undeploying will do. */
    private void stopAccepting() {
        for (var loop : loops) {
            var listener = loop.listener();
            if (listener != null) {
                listener.close().syncUninterruptibly();
                return;
            }
        }
    }
}
