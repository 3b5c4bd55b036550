package io.kvasir.app;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;

/**
 * How requests are routed.
 *
 * @param policy how endpoints are chosen
 * @param decider when another endpoint prefills
 * @param crossVendor whether that may be one of another vendor
 * @param decisionLogShare share of the decisions that is logged, 0 to 1
 */
record RoutingSettings(Policy policy, PdDecider decider, boolean crossVendor, double decisionLogShare) {

    static RoutingSettings of(FlagValues values) {
        String policy = values.text(Flag.POLICY);
        return new RoutingSettings(
                Policy.parse(policy)
                        .orElseThrow(() -> ConfigurationException.bad(Flag.POLICY.key(), policy, Policy.allowed())),
                decider(values),
                values.on(Flag.PD_CROSS_VENDOR),
                values.number(Flag.DECISION_LOG_SHARE, 0, 1));
    }

    private static PdDecider decider(FlagValues values) {
        String decider = values.text(Flag.PD_DECIDER);
        return switch (decider) {
            case "never" -> new PdDecider.Never();
            case "always" -> new PdDecider.Always();
            case "time" -> new PdDecider.SoonerFirstToken();
            case "uncached-tokens" ->
                new PdDecider.UncachedTokens((int) values.whole(Flag.PD_UNCACHED_TOKENS, 0, Integer.MAX_VALUE), (int)
                        values.whole(Flag.PD_PROMPT_TOKENS, 0, Integer.MAX_VALUE));
            default -> throw ConfigurationException.bad(Flag.PD_DECIDER.key(), decider, Flag.PD_DECIDER.form());
        };
    }

    Pairing pairing(TimeModel time) {
        return new Pairing(decider, policy.prefillProfile(time), time, crossVendor);
    }
}
