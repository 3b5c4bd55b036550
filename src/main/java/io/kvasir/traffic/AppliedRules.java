package io.kvasir.traffic;

import org.jspecify.annotations.Nullable;

/**
 * What operators' rules say of one request.
 *
 * @param model the model to route to instead of the request's own; null to leave it
 * @param rewrite why that model
 * @param rule {@link RewriteRule#label} of the rule that is for the request; null for none
 * @param objective where the priority comes from
 * @param priority higher is served first, negative may be shed
 */
public record AppliedRules(
        @Nullable String model,
        RewriteReason rewrite,
        @Nullable String rule,
        ObjectiveReason objective,
        int priority) {

    /** Nothing is said. */
    public static final AppliedRules NONE =
            new AppliedRules(null, RewriteReason.NONE, null, ObjectiveReason.NONE, Objectives.DEFAULT_PRIORITY);
}
