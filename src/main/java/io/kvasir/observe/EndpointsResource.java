package io.kvasir.observe;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** {@code GET /api/endpoints}: the pool as the router sees it. */
@Path("/api/endpoints")
@Produces(MediaType.APPLICATION_JSON)
public class EndpointsResource {
    private final ObservedRouter observed;

    EndpointsResource(ObservedRouter observed) {
        this.observed = observed;
    }

    /** All endpoints; none before the router runs. */
    @GET
    public List<EndpointView> endpoints() {
        return observed.router()
                .map(router -> router.pool().snapshot().endpoints().stream()
                        .map(endpoint -> EndpointView.of(router, endpoint, router.nanoTime()))
                        .toList())
                .orElse(List.of());
    }
}
