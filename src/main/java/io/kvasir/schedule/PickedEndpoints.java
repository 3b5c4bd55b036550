package io.kvasir.schedule;

/** How many endpoints a picker names: the first is the pick, the others are what a gateway may fall back to. */
final class PickedEndpoints {
    /** Gateways that cannot read a list take the first. */
    static final Parameter<Long> MOST = Parameter.whole("maxNumOfEndpoints", 1, 1, 1_000_000);

    private PickedEndpoints() {}

    /** As configured, at most {@link Profile#FALLBACKS} behind the pick. */
    static int of(PluginParameters parameters) {
        return (int) Math.min(1L + Profile.FALLBACKS, parameters.get(MOST));
    }
}
