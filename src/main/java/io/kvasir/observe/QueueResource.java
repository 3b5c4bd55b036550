package io.kvasir.observe;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.QueueSnapshot;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code GET /api/queue}: who waits, for how long, and who is served how much. */
@Path("/api/queue")
@Produces(MediaType.APPLICATION_JSON)
public class QueueResource {
    private final ObservedRouter observed;

    QueueResource(ObservedRouter observed) {
        this.observed = observed;
    }

    /**
     * All of it.
     *
     * @param on whether requests wait at all; the rest is empty where they do not
     * @param waiting requests that wait
     * @param bytes of their bodies
     * @param tokens of their prompts
     * @param poolEmpty whether the pool has no endpoint
     * @param fairness Jain's index, 1 is fair
     * @param settings how requests wait
     */
    public record Queue(
            boolean on,
            long waiting,
            long bytes,
            long tokens,
            boolean poolEmpty,
            double fairness,
            List<Band> bands,
            List<Tenant> tenants,
            List<Hardware> classes,
            @Nullable FlowSettings settings) {}

    /**
     * One priority; counts are since start.
     *
     * @param boundSeconds for which a request may wait
     * @param atOnce let in without a wait
     * @param waited let go after one
     */
    public record Band(
            int priority,
            long waiting,
            long bytes,
            long tokens,
            long inFlight,
            double oldestWaitSeconds,
            double longestWaitSeconds,
            double boundSeconds,
            double drainPerSecond,
            long atOnce,
            long waited,
            long promoted,
            long saturated,
            long expired,
            long noEndpoint,
            long left,
            long evicted) {}

    /**
     * One tenant in a band.
     *
     * @param tenant fairness id; empty for requests without one
     * @param share of the band's service of late
     * @param entitled to that share
     */
    public record Tenant(
            int priority,
            String tenant,
            long waiting,
            long inFlight,
            double oldestWaitSeconds,
            double servedTokens,
            double share,
            double entitled) {}

    /**
     * One class of hardware.
     *
     * @param free endpoints that would start with a request soon enough
     * @param predictedStartSeconds until the least busy one would start with a prompt
     * @param replicasShort by how many more what waits would be started soon enough; below zero to spare
     */
    public record Hardware(
            String hardware,
            int endpoints,
            int free,
            double saturation,
            double predictedStartSeconds,
            double replicasShort) {}

    /** What waits now; empty before the router runs. */
    @GET
    public Queue queue() {
        return observed.queue()
                .map(QueueResource::of)
                .orElseGet(() -> new Queue(false, 0, 0, 0, false, 1, List.of(), List.of(), List.of(), null));
    }

    private static Queue of(FlowControl queue) {
        var now = queue.snapshot();
        return new Queue(
                true,
                now.waiting(),
                now.bytes(),
                now.tokens(),
                now.noEndpoint(),
                Digits.sensible(now.fairness()),
                now.bands().stream().map(QueueResource::band).toList(),
                QueueMetrics.tenants(now).stream().map(QueueResource::tenant).toList(),
                now.classes().stream().map(QueueResource::hardware).toList(),
                queue.settings());
    }

    private static Band band(QueueSnapshot.Band band) {
        return new Band(
                band.priority(),
                band.waiting(),
                band.bytes(),
                band.tokens(),
                band.inFlight(),
                Digits.sensible(band.oldestWaitSeconds()),
                Digits.sensible(band.longestWaitSeconds()),
                band.settings().longestWaitSeconds(),
                Digits.sensible(band.drainPerSecond()),
                band.letIn(),
                band.letGo(),
                band.promoted(),
                band.saturated(),
                band.expired(),
                band.noEndpoint(),
                band.left(),
                band.evicted());
    }

    private static Tenant tenant(QueueSnapshot.Tenant tenant) {
        return new Tenant(
                tenant.priority(),
                tenant.tenant(),
                tenant.waiting(),
                tenant.inFlight(),
                Digits.sensible(tenant.oldestWaitSeconds()),
                Digits.sensible(tenant.servedTokens()),
                Digits.sensible(tenant.share()),
                Digits.sensible(tenant.entitled()));
    }

    private static Hardware hardware(QueueSnapshot.Saturation one) {
        return new Hardware(
                one.hardware(),
                one.endpoints(),
                one.free(),
                Digits.sensible(one.saturation()),
                Digits.sensible(one.waitSeconds()),
                Digits.sensible(one.shortReplicas()));
    }
}
