package io.kvasir.observe;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** {@code GET /api/findings}: what is wrong now, in words, with what to do. */
@Path("/api/findings")
@Produces(MediaType.APPLICATION_JSON)
public class FindingsResource {
    private final Findings findings;

    FindingsResource(Findings findings) {
        this.findings = findings;
    }

    /** All of them, the worst first. */
    @GET
    public List<Finding> findings() {
        return findings.look();
    }
}
