package io.kvasir.route;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a door knows beyond the request.
 *
 * @param subset the only {@code ip:port} that may be chosen, as a gateway demands; an empty list allows nobody, null all
 * @param pathModel the model that the path names: for bodies that name none, and no other may stand in the body, since
 *     who may ask for what is often decided by the path
 * @param prefixed whether what stands in the model's place of the path may be a gateway's own prefix, such as the name of
 *     a service; it then counts unless the pool tells that it is no model
 * @param gatewayModel the model that an earlier filter of the gateway found, for requests that name none
 * @param rewrite the model that a header demands instead of the request's own; null for none
 * @param pairs whether the door can have another endpoint prefill
 * @param early whether the body is not complete and the decision cannot wait for the rest
 * @param scores whether the booking shall have every candidate's score
 * @param stored what the path names of what engines keep; null for nothing
 */
public record RoutingHints(
        @Nullable List<String> subset,
        @Nullable String pathModel,
        boolean prefixed,
        @Nullable String gatewayModel,
        @Nullable String rewrite,
        boolean pairs,
        boolean early,
        boolean scores,
        @Nullable StoredObject stored) {

    /** Nothing more is known. */
    public static final RoutingHints NONE = new RoutingHints(null, null, false, null, null, false, false, false, null);

    /** The same with only these endpoints allowed. */
    public RoutingHints withSubset(@Nullable List<String> hostPorts) {
        return new RoutingHints(hostPorts, pathModel, prefixed, gatewayModel, rewrite, pairs, early, scores, stored);
    }

    /** The same with the path's model. */
    public RoutingHints withPathModel(@Nullable String model) {
        return new RoutingHints(subset, model, false, gatewayModel, rewrite, pairs, early, scores, stored);
    }

    /** The same with the path's model, or a gateway's prefix in its place. */
    public RoutingHints withPrefixModel(@Nullable String model) {
        return new RoutingHints(subset, model, true, gatewayModel, rewrite, pairs, early, scores, stored);
    }

    /** The same with the model that an earlier filter found. */
    public RoutingHints withGatewayModel(@Nullable String model) {
        return new RoutingHints(subset, pathModel, prefixed, model, rewrite, pairs, early, scores, stored);
    }

    /** The same with the model of a rewrite header. */
    public RoutingHints withRewrite(@Nullable String model) {
        return new RoutingHints(subset, pathModel, prefixed, gatewayModel, model, pairs, early, scores, stored);
    }

    /** The same for a door that can have another endpoint prefill. */
    public RoutingHints withPairs() {
        return new RoutingHints(subset, pathModel, prefixed, gatewayModel, rewrite, true, early, scores, stored);
    }

    /** The same for a body of which only the beginning is there. */
    public RoutingHints decidedEarly() {
        return new RoutingHints(subset, pathModel, prefixed, gatewayModel, rewrite, pairs, true, scores, stored);
    }

    /** The same with every candidate's score wanted. */
    public RoutingHints withScores() {
        return new RoutingHints(subset, pathModel, prefixed, gatewayModel, rewrite, pairs, early, true, stored);
    }

    /** The same with what the path names of what engines keep. */
    public RoutingHints withStored(@Nullable StoredObject object) {
        return new RoutingHints(subset, pathModel, prefixed, gatewayModel, rewrite, pairs, early, scores, object);
    }
}
