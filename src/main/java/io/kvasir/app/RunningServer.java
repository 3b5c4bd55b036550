package io.kvasir.app;

import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/** Tells the health checks of the server, once there is one. */
@ApplicationScoped
class RunningServer {
    private volatile @Nullable KvasirServer server;

    void set(KvasirServer started) {
        server = started;
    }

    /** Whether the doors accept requests. */
    boolean ready() {
        var current = server;
        return current != null && current.ready();
    }

    /** Endpoints that requests may be sent to. */
    long routable() {
        var current = server;
        return current == null
                ? 0
                : current.router().pool().snapshot().endpoints().stream()
                        .filter(endpoint -> endpoint.health().routable())
                        .count();
    }
}
