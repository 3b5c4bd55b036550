package io.kvasir.app;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How requests are routed.
 *
 * @param policy how endpoints are chosen
 * @param shadow the policy that is compared with it on the same traffic; null for none
 * @param decider when another endpoint prefills
 * @param crossVendor whether that may be one of another vendor
 * @param decisionLogShare share of the decisions that is logged, 0 to 1
 * @param ratesFile where learned rates outlast a restart; null for nowhere
 */
record RoutingSettings(
        Policy policy,
        @Nullable Policy shadow,
        PdDecider decider,
        boolean crossVendor,
        double decisionLogShare,
        @Nullable Path ratesFile) {

    static RoutingSettings of(FlagValues values) {
        return new RoutingSettings(
                policy(Flag.POLICY, values),
                values.given(Flag.SHADOW_POLICY) ? policy(Flag.SHADOW_POLICY, values) : null,
                decider(values),
                values.on(Flag.PD_CROSS_VENDOR),
                values.number(Flag.DECISION_LOG_SHARE, 0, 1),
                values.given(Flag.RATES_FILE) ? Path.of(values.text(Flag.RATES_FILE)) : null);
    }

    private static Policy policy(Flag flag, FlagValues values) {
        String policy = values.text(flag);
        return Policy.parse(policy).orElseThrow(() -> ConfigurationException.bad(flag.key(), policy, Policy.allowed()));
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

    Profiles profiles(TimeModel time) {
        return new Profiles(
                policy.profile(time),
                new Pairing(decider, policy.prefillProfile(time), time, crossVendor),
                shadow == null ? null : shadow.profile(time));
    }
}
