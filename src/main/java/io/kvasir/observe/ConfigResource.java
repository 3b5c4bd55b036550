package io.kvasir.observe;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;

/** {@code GET /api/config}: the plug-in configuration in force, with what was filled in. */
@Path("/api/config")
@Produces(MediaType.APPLICATION_JSON)
public class ConfigResource {
    private final ObservedRouter observed;

    ConfigResource(ObservedRouter observed) {
        this.observed = observed;
    }

    /** Where it comes from, what decides, and all of it; empty before the router runs. */
    @GET
    public Map<String, Object> config() {
        return observed.config();
    }
}
