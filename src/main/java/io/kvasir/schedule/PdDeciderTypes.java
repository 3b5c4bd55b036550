package io.kvasir.schedule;

/** The types of {@link PdDecider}, apart from it: it could not hold types of what needs it to be there first. */
final class PdDeciderTypes {
    /** Least tokens that the decode endpoint does not hold; 0 is never. */
    private static final Parameter<Long> NON_CACHED_TOKENS =
            Parameter.whole("nonCachedTokens", 0, 0, Integer.MAX_VALUE);

    /** Least tokens of a prompt. */
    private static final Parameter<Long> PROMPT_TOKENS = Parameter.whole("promptTokens", 0, 0, Integer.MAX_VALUE);

    static final PluginType NEVER =
            PluginType.of(PluginKind.DECIDER, "never-disagg-pd-decider", (_, _) -> new PdDecider.Never());

    static final PluginType ALWAYS =
            PluginType.of(PluginKind.DECIDER, "always-disagg-pd-decider", (_, _) -> new PdDecider.Always());

    static final PluginType UNCACHED_TOKENS = PluginType.of(
            PluginKind.DECIDER,
            "prefix-based-pd-decider",
            (parameters, _) -> new PdDecider.UncachedTokens(
                    parameters.get(NON_CACHED_TOKENS).intValue(),
                    parameters.get(PROMPT_TOKENS).intValue()),
            NON_CACHED_TOKENS,
            PROMPT_TOKENS,
            Producers.PREFIX);

    static final PluginType SOONER_FIRST_TOKEN =
            PluginType.of(PluginKind.DECIDER, "first-token-pd-decider", (_, _) -> new PdDecider.SoonerFirstToken());

    private PdDeciderTypes() {}
}
