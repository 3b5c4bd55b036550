package io.kvasir.app;

import io.kvasir.config.PickerConfig;
import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.Encoding;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.Profiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How requests are routed.
 *
 * @param policy how endpoints are chosen where no configuration says it
 * @param chosen whether that policy was asked for by name, and goes before any configuration
 * @param shadow what is compared with it on the same traffic; null for none
 * @param decider when another endpoint prefills, where no configuration says it
 * @param crossVendor whether that may be one of another vendor
 * @param decisionLogShare share of the decisions that is logged, 0 to 1
 * @param ratesFile where learned rates outlast a restart; null for nowhere
 * @param config an {@code EndpointPickerConfig}; null for none
 * @param replacesGenerated whether a configuration that a platform writes for everybody gives way to the policy
 */
record RoutingSettings(
        Policy policy,
        boolean chosen,
        @Nullable Shadowing shadow,
        PdDecider decider,
        boolean crossVendor,
        double decisionLogShare,
        @Nullable Path ratesFile,
        @Nullable PickerConfigFlags config,
        boolean replacesGenerated) {

    /** What a configuration is called where policies are named. */
    static final String CONFIG = "config";

    /** @param policy null for the configuration */
    record Shadowing(@Nullable Policy policy) {
        String key() {
            return policy == null ? CONFIG : policy.key();
        }
    }

    static RoutingSettings of(FlagValues values) {
        var config = PickerConfigFlags.of(values);
        var policy = named(Flag.POLICY, values, config);
        return new RoutingSettings(
                policy == null ? Policy.TIME : policy,
                policy != null && values.given(Flag.POLICY),
                values.given(Flag.SHADOW_POLICY) ? new Shadowing(named(Flag.SHADOW_POLICY, values, config)) : null,
                decider(values),
                values.on(Flag.PD_CROSS_VENDOR),
                values.number(Flag.DECISION_LOG_SHARE, 0, 1),
                values.path(Flag.RATES_FILE),
                config,
                values.on(Flag.REPLACE_GENERATED_CONFIG));
    }

    /** @return null for the configuration */
    private static @Nullable Policy named(Flag flag, FlagValues values, @Nullable PickerConfigFlags config) {
        String policy = values.text(flag);
        if (policy.equals(CONFIG)) {
            if (config == null) {
                throw ConfigurationException.bad(
                        flag.key(), policy, "with config-file or config-text; without one of them " + Policy.allowed());
            }
            return null;
        }
        return Policy.parse(policy)
                .orElseThrow(() -> ConfigurationException.bad(flag.key(), policy, Policy.allowed() + ", " + CONFIG));
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

    /** What chooses endpoints: a policy, or the configuration. */
    String decides(PickerConfig read) {
        boolean byConfig = !chosen && read.scheduling() != null && !(read.generated() && replacesGenerated);
        return byConfig ? CONFIG : policy.key();
    }

    /** What is compared with it; null for none. */
    @Nullable
    String shadows(PickerConfig read) {
        return shadow == null || shadow.policy == null && read.scheduling() == null ? null : shadow.key();
    }

    /** What decides where that is configured. */
    Profiles profiles(TimeModel time, PickerConfig read) {
        var scheduling = read.scheduling();
        if (scheduling == null || !decides(read).equals(CONFIG)) {
            return new Profiles(
                    policy.profile(time),
                    new Pairing(
                            decider,
                            policy.prefillProfile(time),
                            time,
                            crossVendor,
                            Encoding.byRole(policy.encodeProfile(time))),
                    shadowed(time, read));
        }
        var prefill = scheduling.prefill();
        var encode = scheduling.encode();
        return new Profiles(
                scheduling.profile(),
                new Pairing(
                        scheduling.decider(),
                        prefill == null ? policy.prefillProfile(time) : prefill,
                        time,
                        crossVendor,
                        encode == null ? Encoding.NEVER : Encoding.by(encode)),
                shadowed(time, read),
                scheduling.named(),
                scheduling.dataParallelPort());
    }

    private @Nullable Profile shadowed(TimeModel time, PickerConfig read) {
        if (shadow == null) {
            return null;
        }
        var scheduling = read.scheduling();
        return shadow.policy != null ? shadow.policy.profile(time) : scheduling == null ? null : scheduling.profile();
    }
}
