package io.kvasir.app;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.access.AccessControl;
import io.kvasir.access.AccessCounts;
import io.kvasir.access.AccessFilter;
import io.kvasir.cluster.ApiClients;
import io.quarkus.vertx.http.runtime.filters.Filters;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jspecify.annotations.Nullable;

/** Puts the access filter before all routes of the framework's HTTP server: REST, metrics and health alike. */
@ApplicationScoped
class ManagementGuard {
    /** Above all filters of the framework. */
    private static final int FIRST = 10_000;

    private final AccessCounts counts = new AccessCounts();
    private final AccessFilter filter = new AccessFilter(counts);
    private @Nullable KubernetesClient client;
    private @Nullable AccessControl control;

    void stand(@Observes Filters filters) {
        filters.register(filter, FIRST);
    }

    /** Begins to let requests in. */
    void admit(ManagementSettings settings) {
        if (settings.authenticate()) {
            client = ApiClients.forCalls();
            control = new AccessControl(client, counts, System::nanoTime);
        }
        filter.admit(control, settings.clientAuthorities() != null);
    }

    /** What it counts. */
    AccessCounts counts() {
        return counts;
    }

    @PreDestroy
    void close() {
        if (control != null) {
            control.close();
        }
        if (client != null) {
            client.close();
        }
    }
}
