package io.kvasir.observe;

import io.kvasir.route.UsageTable;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code GET /api/usage}: what tenants have taken of models since the start. */
@Path("/api/usage")
@Produces(MediaType.APPLICATION_JSON)
public class UsageResource {
    private final ObservedRouter observed;

    UsageResource(ObservedRouter observed) {
        this.observed = observed;
    }

    /**
     * What a tenant has taken of a model; tokens as engines reported them, else as estimated.
     *
     * @param seconds on endpoints, by hardware class
     */
    @RegisterForReflection
    public record Usage(
            String tenant,
            String model,
            long requests,
            long promptTokens,
            long cachedTokens,
            long outputTokens,
            Map<String, Double> seconds) {
        static Usage of(UsageTable.Key key, UsageTable.Taken taken) {
            var seconds = new TreeMap<String, Double>();
            taken.seconds().forEach((hardware, sum) -> seconds.put(hardware, Digits.sensible(sum)));
            return new Usage(
                    key.tenant(),
                    key.model(),
                    taken.requests(),
                    taken.promptTokens(),
                    taken.cachedTokens(),
                    taken.outputTokens(),
                    seconds);
        }
    }

    /** All that is told apart, by tenant and model; nothing before the router runs. */
    @GET
    public List<Usage> usage() {
        var all = new ArrayList<Usage>();
        observed.router()
                .ifPresent(router -> router.counts().usage().forEach((key, taken) -> all.add(Usage.of(key, taken))));
        all.sort(Comparator.comparing(Usage::tenant).thenComparing(Usage::model));
        return all;
    }
}
