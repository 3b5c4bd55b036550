package io.kvasir.route;

import io.kvasir.pool.PoolSnapshot;
import io.kvasir.request.ModelName;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.traffic.AppliedRules;
import io.kvasir.traffic.TrafficRules;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which model a request is routed to.
 *
 * @param rules what operators' rules say of it
 * @param model empty where any will do, or it is refused
 * @param refusal what its client is told where it can be routed to none; null where it can
 */
record ModelResolution(
        AppliedRules rules, String model, @Nullable Refusal refusal) {

    /**
     * Resolves: what a rule or a rewrite header says, else what the request names, else what the pool implies.
     *
     * @param random draws among a rule's targets
     */
    static ModelResolution of(
            Request request, RoutingHints hints, PoolSnapshot pool, TrafficRules traffic, RandomGenerator random) {
        var rewrites = traffic.rewrites();
        String conflict = ModelNames.conflict(request, hints, pool, rewrites);
        if (conflict != null) {
            return refused(AppliedRules.NONE, Refusals.modelMismatch(hints.pathModel(), conflict));
        }
        String asked = ModelNames.asked(request, hints, pool, rewrites);
        boolean readable =
                !request.opaque() && (asked != null || request.dialect().needsModel());
        var rules =
                traffic.of(asked, readable, hints.rewrite(), request.headers().objective(), random);
        String model =
                rules.model() != null ? rules.model() : asked != null ? asked : ModelNames.implied(request, pool);
        if (model == null) {
            return refused(rules, Refusals.modelMissing());
        }
        String problem = model.isEmpty() ? null : ModelName.problem(model);
        return problem == null
                ? new ModelResolution(rules, model, null)
                : refused(rules, Refusals.modelInvalid(problem));
    }

    private static ModelResolution refused(AppliedRules rules, Refusal refusal) {
        return new ModelResolution(rules, "", refusal);
    }
}
