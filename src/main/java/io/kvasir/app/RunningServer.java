package io.kvasir.app;

import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The server, once there is one: what health checks ask of and what a stop drains. */
@ApplicationScoped
class RunningServer {
    private volatile @Nullable KvasirServer server;

    void set(KvasirServer started) {
        server = started;
    }

    /**
     * Drains before the framework takes its event loops away: where it was told to stop by another way than {@link
     * StopSignals}, it does not wait for the application to return.
     */
    void drain(@Observes ShutdownEvent stopping) {
        var current = server;
        if (current != null) {
            current.close();
        }
    }

    /** Whether requests may be sent here. */
    boolean ready() {
        var current = server;
        return current != null && current.conditions().hold();
    }

    /** The embedded demo pool; null where there is none. */
    @Nullable
    DemoPool demo() {
        var current = server;
        return current == null ? null : current.demoPool();
    }

    /** What must hold for that, and whether it does; empty before the server runs. */
    Map<String, Boolean> conditions() {
        var current = server;
        return current == null ? Map.of() : current.conditions().states();
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
