package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The profiles that ship with the program, by the name that configuration uses, put together from the registry. */
public enum Policy {
    /** The default: predicted seconds. */
    TIME("time"),
    /** Sequences over capacity. */
    LEAST_LOAD("least-load"),
    /** The weighted sum that rivals started from: queue 2, KV utilisation 2, prefix 3. */
    PREFIX_LOAD("prefix-load"),
    /** The rival's newer guide profile: stick to holders of the prefix, else least tokens in flight. */
    PREFIX_AFFINITY("prefix-affinity"),
    /** In turn. */
    ROUND_ROBIN("round-robin");

    /** Costs this close, in seconds, are a tie; far below what a client notices. */
    private static final Map<String, Double> TIE = Map.of("tolerance", 0.001);

    /** Each endpoint's own rate counts. */
    private static final Map<String, String> PREDICTED = Map.of("ttftSource", "latencyPredictor");

    /** The filters that no profile does without. */
    private static final List<String> STANDING =
            List.of("model-filter", "decode-filter", "context-limit-filter", "health-filter", "context-fit-filter");

    /** Those of them that profiles from elsewhere do not do without either: where a role is wanted, these say so. */
    public static final List<String> SAFEGUARDS =
            STANDING.stream().filter(type -> !type.equals("decode-filter")).toList();

    private final String key;

    Policy(String key) {
        this.key = key;
    }

    /** The name in configuration. */
    public String key() {
        return key;
    }

    /** The policy of that name, or empty. */
    public static Optional<Policy> parse(String text) {
        return Stream.of(values()).filter(policy -> policy.key.equals(text)).findFirst();
    }

    /** All names, for error messages. */
    public static String allowed() {
        return Stream.of(values()).map(Policy::key).collect(Collectors.joining(", "));
    }

    /** Makes the profile. */
    public Profile profile(TimeModel time) {
        var profile = standing(key, time);
        switch (this) {
            case TIME -> profile.add("time-scorer").add("max-score-picker", 1, TIE);
            case LEAST_LOAD -> profile.add("least-load-scorer");
            case PREFIX_LOAD ->
                profile.add("queue-scorer", 2, Map.of())
                        .add("kv-cache-utilization-scorer", 2, Map.of())
                        .add("prefix-cache-scorer", 3, Map.of());
            case PREFIX_AFFINITY ->
                profile.add("prefix-cache-affinity-filter", 1, PREDICTED).add("token-load-scorer");
            case ROUND_ROBIN -> profile.add("round-robin-picker");
        }
        return profile.build();
    }

    /** Makes the profile that chooses among endpoints that can prefill for another; they have passed all filters. */
    public Profile prefillProfile(TimeModel time) {
        var profile = builder(key + "-prefill", time);
        switch (this) {
            case TIME -> profile.add("prefill-time-scorer").add("max-score-picker", 1, TIE);
            case LEAST_LOAD -> profile.add("least-load-scorer");
            case PREFIX_LOAD -> profile.add("prefix-cache-scorer", 2, Map.of()).add("queue-scorer");
            case PREFIX_AFFINITY ->
                profile.add("prefix-cache-affinity-filter", 1, PREDICTED).add("token-load-scorer");
            case ROUND_ROBIN -> profile.add("round-robin-picker");
        }
        return profile.build();
    }

    /** Makes the profile that chooses among endpoints that can encode media for another; they have passed all filters. */
    public Profile encodeProfile(TimeModel time) {
        var profile = builder(key + "-encode", time);
        if (this == ROUND_ROBIN) {
            profile.add("round-robin-picker");
        } else {
            profile.add("active-request-scorer");
        }
        return profile.build();
    }

    /** Begins a profile of that name with the filters that no profile does without. */
    public static ProfileBuilder standing(String name, TimeModel time) {
        var profile = builder(name, time);
        STANDING.forEach(profile::add);
        return profile;
    }

    private static ProfileBuilder builder(String name, TimeModel time) {
        return new ProfileBuilder(name, PluginRegistry.shipped(), new PluginContext(time));
    }
}
