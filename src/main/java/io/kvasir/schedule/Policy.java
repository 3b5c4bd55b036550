package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The profiles that ship with the program, by the name that configuration uses. */
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
    private static final double TIE_SECONDS = 0.001;

    /** What a second of decoding counts against one of waiting: it is spread over the whole answer. */
    private static final double DECODE_WEIGHT = 0.1;

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
        return switch (this) {
            case TIME -> profile(List.of(), List.of(weighted(1, new TimeScorer(time, DECODE_WEIGHT))), TIE_SECONDS);
            case LEAST_LOAD -> profile(List.of(), List.of(weighted(1, new LeastLoadScorer())), 1e-9);
            case PREFIX_LOAD ->
                profile(
                        List.of(),
                        List.of(
                                weighted(2, new QueueScorer()),
                                weighted(2, new KvUtilisationScorer()),
                                weighted(3, new PrefixScorer())),
                        1e-9);
            case PREFIX_AFFINITY ->
                profile(
                        List.of(new PrefixAffinityFilter(time, 0.8, 18)),
                        List.of(weighted(1, new TokenLoadScorer(TokenLoadScorer.DEFAULT_THRESHOLD_TOKENS))),
                        1e-9);
            case ROUND_ROBIN -> new Profile(key, standing(List.of()), List.of(), new RoundRobinPicker());
        };
    }

    /** Makes the profile that chooses among endpoints that can prefill for another; they have passed all filters. */
    public Profile prefillProfile(TimeModel time) {
        return switch (this) {
            case TIME -> prefill(List.of(), TIE_SECONDS, weighted(1, new PrefillTimeScorer(time)));
            case LEAST_LOAD -> prefill(List.of(), 1e-9, weighted(1, new LeastLoadScorer()));
            case PREFIX_LOAD ->
                prefill(List.of(), 1e-9, weighted(2, new PrefixScorer()), weighted(1, new QueueScorer()));
            case PREFIX_AFFINITY ->
                prefill(
                        List.of(new PrefixAffinityFilter(time, 0.8, 18)),
                        1e-9,
                        weighted(1, new TokenLoadScorer(TokenLoadScorer.DEFAULT_THRESHOLD_TOKENS)));
            case ROUND_ROBIN -> new Profile(key + "-prefill", List.of(), List.of(), new RoundRobinPicker());
        };
    }

    private Profile prefill(List<Filter> filters, double tolerance, Profile.Weighted... scorers) {
        return new Profile(key + "-prefill", filters, List.of(scorers), new MaxScorePicker(tolerance));
    }

    private Profile profile(List<Filter> more, List<Profile.Weighted> scorers, double tolerance) {
        return new Profile(key, standing(more), scorers, new MaxScorePicker(tolerance));
    }

    /** The filters that no profile does without, and {@code more} behind them. */
    private static List<Filter> standing(List<Filter> more) {
        return Stream.concat(
                        Stream.of(
                                new ModelFilter(),
                                RoleFilter.decode(),
                                new ContextLimitFilter(),
                                new HealthFilter(),
                                new ContextFitFilter()),
                        more.stream())
                .toList();
    }

    private static Profile.Weighted weighted(double weight, Scorer scorer) {
        return new Profile.Weighted(scorer, weight);
    }
}
