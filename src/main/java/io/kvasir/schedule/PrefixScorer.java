package io.kvasir.schedule;

import java.util.Set;

/**
 * The share of the prompt that the endpoint is believed to hold. With {@code matchLengthWeight} w above 0 a long match counts
 * beyond its share: {@code w · min(1, held / matchLengthScaleTokens)² + (1 − w) · held / prompt}.
 */
public final class PrefixScorer implements Scorer {
    private static final Parameter<Double> LENGTH_WEIGHT = Parameter.number("matchLengthWeight", 0, 0, 1);
    private static final Parameter<Double> LENGTH_SCALE = Parameter.number("matchLengthScaleTokens", 8192, 1, 1e12);

    /** The last three are older, of what keeps prompts: it sizes itself by what engines tell. */
    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "prefix-cache-scorer",
            (parameters, _) -> new PrefixScorer(parameters.get(LENGTH_WEIGHT), parameters.get(LENGTH_SCALE)),
            LENGTH_WEIGHT,
            LENGTH_SCALE,
            Producers.PREFIX,
            Parameter.any("blockSize"),
            Parameter.any("hashBlockSize"),
            Parameter.any("blockSizeTokens"),
            Parameter.any("autoTune"),
            Parameter.any("maxPrefixBlocksToMatch"),
            Parameter.any("lruCapacityPerServer"));

    /** The older one brought its own index of engines' events. */
    static final PluginType PRECISE = PluginType.of(
            PluginKind.SCORER,
            "precise-prefix-cache-scorer",
            (_, _) -> new PrefixScorer("precise-prefix-cache-scorer", 0, 1),
            Parameter.any("tokenProcessorConfig"),
            Parameter.any("indexerConfig"),
            Parameter.any("kvEventsConfig"),
            Parameter.any("speculativeIndexing"),
            Parameter.any("speculativeTTL"));

    private final String name;
    private final double lengthWeight;
    private final double lengthScale;

    public PrefixScorer() {
        this(0, 1);
    }

    private PrefixScorer(double lengthWeight, double lengthScale) {
        this("prefix-cache-scorer", lengthWeight, lengthScale);
    }

    private PrefixScorer(String name, double lengthWeight, double lengthScale) {
        this.name = name;
        this.lengthWeight = lengthWeight;
        this.lengthScale = lengthScale;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.PREFIX);
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        double prompt = Math.max(1, context.request().promptTokens());
        for (int i = 0; i < context.size(); i++) {
            double held = context.cachedTokens(i);
            double length = Math.min(1, held / lengthScale);
            scores[i] = lengthWeight * length * length + (1 - lengthWeight) * Math.min(1, held / prompt);
        }
    }
}
