package io.kvasir.admission.flow;

import io.kvasir.metric.Histogram;
import java.util.List;

/**
 * What flow control does, at one moment. Counts are since start.
 *
 * @param bands by priority, the highest first; those that were in use
 * @param flows what waits, by who asks for what
 * @param tenants in all bands, those with most service first; at most as many as are told apart
 * @param classes what each class of hardware can take on
 * @param fairness Jain's index of the tenants' service against what they are entitled to, over those that waited within the
 *     last half-life: 1 is fair, one over their number as unfair as can be; 1 where nobody waited
 * @param noEndpoint whether the pool has no endpoint
 * @param waiting requests that wait
 * @param bytes of their bodies
 * @param tokens of their prompts
 */
public record QueueSnapshot(
        List<Band> bands,
        List<Flow> flows,
        List<Tenant> tenants,
        List<Saturation> classes,
        double fairness,
        boolean noEndpoint,
        long waiting,
        long bytes,
        long tokens) {

    /**
     * Requests of one priority.
     *
     * @param settings how they are served
     * @param waiting that wait now
     * @param bytes of the bodies of those
     * @param tokens of the prompts of those
     * @param inFlight that were let in and have not ended
     * @param oldestWaitSeconds for which the one that came first waits by now; 0 where none does
     * @param longestWaitSeconds the longest wait that has ended
     * @param letIn at once
     * @param held that had to wait
     * @param letGo of those, in the end
     * @param promoted of those, by their age
     * @param saturated refused because too much waited
     * @param expired refused because their time was over
     * @param noEndpoint refused because their time was over while the pool had no endpoint
     * @param left whose caller left or would wait no longer
     * @param evicted that had to make room
     * @param drainPerSecond requests let go a second while some waited, of late; 0 where that is not known yet
     * @param waits seconds that those let go had waited
     * @param verdicts seconds that it took to let one in, hold or refuse it
     */
    public record Band(
            int priority,
            BandSettings settings,
            long waiting,
            long bytes,
            long tokens,
            long inFlight,
            double oldestWaitSeconds,
            double longestWaitSeconds,
            long letIn,
            long held,
            long letGo,
            long promoted,
            long saturated,
            long expired,
            long noEndpoint,
            long left,
            long evicted,
            double drainPerSecond,
            Histogram waits,
            Histogram verdicts) {}

    /**
     * Requests that wait of one tenant in one band, for one model.
     *
     * @param tenant its fairness id; empty for requests without one
     * @param asked the model that clients named; empty for none
     * @param model that they are to be routed to; empty where any will do
     * @param waiting how many, at least one
     * @param bytes of their bodies
     */
    public record Flow(int priority, String tenant, String asked, String model, long waiting, long bytes) {}

    /**
     * Requests of one tenant in one band.
     *
     * @param tenant its fairness id; empty for requests without one
     * @param waiting that wait now
     * @param inFlight that were let in and have not ended
     * @param oldestWaitSeconds for which the first of them waits by now
     * @param servedTokens of prompts that were computed and of output, since start
     * @param recentTokens of those, as much as is not forgotten
     * @param share of the band's recent tokens, 0 to 1
     * @param entitled share to which it was entitled, 0 to 1: as much as others that are there, or all that it wants
     */
    public record Tenant(
            int priority,
            String tenant,
            long waiting,
            long inFlight,
            double oldestWaitSeconds,
            double servedTokens,
            double recentTokens,
            double share,
            double entitled) {}

    /**
     * One class of hardware.
     *
     * @param hardware its name
     * @param endpoints in the pool, healthy ones
     * @param free of those, that would start with a request soon enough
     * @param waitSeconds predicted until the least busy one would start with a prompt
     * @param shortReplicas by how many more replicas such as these what waits would be started soon enough; negative where
     *     so many could be spared
     */
    public record Saturation(String hardware, int endpoints, int free, double waitSeconds, double shortReplicas) {

        /** Share of its endpoints that would not start with a request soon enough, 0 to 1. */
        public double saturation() {
            return endpoints == 0 ? 1 : 1 - (double) free / endpoints;
        }
    }
}
