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
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The HTTP door: made, started, stopped once. Not to be started or stopped on an event loop. */
public final class ProxyServer {
    private static final Logger LOG = Logger.getLogger(ProxyServer.class);
    /** For each step of a stop after the drain; an event loop that takes longer is stuck, and is not waited for. */
    private static final Duration LAST_STEP = Duration.ofSeconds(3);

    private final ProxySettings settings;
    private final Vertx vertx;
    private final ProxyCounts counts;
    private final List<ProxyLoop> loops = new ArrayList<>();
    private @Nullable String deployment;

    /**
     * @param router where requests are decided; its pool is what {@code /v1/models} shows
     * @param budget memory for bodies, shared with whoever else holds some
     */
    public ProxyServer(ProxySettings settings, Router router, BodyBudget budget, Vertx vertx) {
        this.settings = settings;
        this.vertx = vertx;
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
     * visibly what is not done in time. Connections whose clients do not read their answer's end are reset.
     *
     * @param bound longest wait for answers in progress; the rest of the stop takes a few seconds at most
     */
    public void stop(Duration bound) {
        var running = deployment;
        if (running == null) {
            return;
        }
        deployment = null;
        stopAccepting();
        var drained = all(loops.stream().map(ProxyLoop::drain));
        if (!done(drained, bound)) {
            loops.forEach(ProxyLoop::abortAll);
            // what is left after that are clients that do not read, or still send
            var _ = done(drained, LAST_STEP);
        }
        expect(all(loops.stream().map(ProxyLoop::closeAll)), "its connections");
        expect(vertx.undeploy(running).toCompletionStage().toCompletableFuture(), "its event loops");
    }

    private static CompletableFuture<?> all(Stream<CompletableFuture<Void>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new));
    }

    private static void expect(CompletableFuture<?> step, String what) {
        if (!done(step, LAST_STEP)) {
            LOG.warnf("the proxy stops without having ended %s within %s", what, LAST_STEP);
        }
    }

    private static boolean done(CompletableFuture<?> step, Duration bound) {
        try {
            step.get(bound.toMillis(), TimeUnit.MILLISECONDS);
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
                var _ = listener.close().awaitUninterruptibly(LAST_STEP.toMillis());
                return;
            }
        }
    }
}
