package io.kvasir.app;

import io.kvasir.schedule.Policy;

/**
 * How requests are routed.
 *
 * @param policy how endpoints are chosen
 * @param decisionLogShare share of the decisions that is logged, 0 to 1
 */
record RoutingSettings(Policy policy, double decisionLogShare) {

    static RoutingSettings of(FlagValues values) {
        String policy = values.text(Flag.POLICY);
        return new RoutingSettings(
                Policy.parse(policy)
                        .orElseThrow(() -> ConfigurationException.bad(Flag.POLICY.key(), policy, Policy.allowed())),
                values.number(Flag.DECISION_LOG_SHARE, 0, 1));
    }
}
