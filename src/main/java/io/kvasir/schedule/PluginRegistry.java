package io.kvasir.schedule;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All types of plug-ins, by name and alias. Immutable. */
public final class PluginRegistry {
    private static final PluginRegistry SHIPPED = new PluginRegistry(List.of(
            ModelFilter.TYPE,
            RoleFilter.DECODE,
            RoleFilter.PREFILL,
            RoleFilter.ENCODE,
            ContextLimitFilter.TYPE,
            ContextFitFilter.TYPE,
            HealthFilter.TYPE,
            PrefixAffinityFilter.TYPE,
            PairableFilter.TYPE,
            PrefillRoomFilter.TYPE,
            LabelSelectorFilter.TYPE,
            LabelSelectorFilter.BY_LABEL,
            UtilisationFilter.TYPE,
            EndpointAttribute.FILTER,
            SloHeadroomTierFilter.TYPE,
            SessionAffinity.FILTER,
            TopologyAffinity.FILTER,
            DetectorFilter.UTILISATION,
            DetectorFilter.CONCURRENCY_DETECTOR,
            ContextLengthAware.TYPE,
            TimeScorer.TYPE,
            PrefillTimeScorer.TYPE,
            LeastLoadScorer.TYPE,
            QueueScorer.TYPE,
            RunningScorer.TYPE,
            KvUtilisationScorer.TYPE,
            PrefixScorer.TYPE,
            TokenLoadScorer.TYPE,
            LoraAffinityScorer.TYPE,
            NoHitLruScorer.TYPE,
            PrefixScorer.PRECISE,
            LoadAwareScorer.TYPE,
            ActiveRequestScorer.TYPE,
            SessionAffinity.SCORER,
            HeaderLabelAffinityScorer.TYPE,
            EndpointAttribute.SCORER,
            TopologyAffinity.SCORER,
            LatencyScorer.TYPE,
            MediaCacheScorer.TYPE,
            MaxScorePicker.TYPE,
            RandomPicker.TYPE,
            WeightedRandomPicker.TYPE,
            RoundRobinPicker.TYPE,
            PdDeciderTypes.NEVER,
            PdDeciderTypes.ALWAYS,
            PdDeciderTypes.UNCACHED_TOKENS,
            PdDeciderTypes.SOONER_FIRST_TOKEN,
            MediaDecider.TYPE,
            ProfileHandlerTypes.SINGLE,
            ProfileHandlerTypes.BY_HEADER,
            ProfileHandlerTypes.BY_PHASE,
            ProfileHandlerTypes.DATA_PARALLEL,
            ProfileHandlerTypes.DISAGGREGATED));

    private final List<PluginType> types;
    private final Map<String, PluginType> byName = new HashMap<>();

    /** @param types names and aliases unique over all of them */
    public PluginRegistry(List<PluginType> types) {
        this.types = List.copyOf(types);
        for (var type : types) {
            Stream.concat(Stream.of(type.name()), type.aliases().stream()).forEach(name -> {
                if (byName.put(name, type) != null) {
                    throw new IllegalArgumentException("two types of plug-ins are named " + name);
                }
            });
        }
    }

    /** These types and more, whose names and aliases are others. */
    public PluginRegistry with(List<PluginType> more) {
        return new PluginRegistry(Stream.concat(types.stream(), more.stream()).toList());
    }

    /** Whether there is a type of that name or alias. */
    public boolean has(String name) {
        return byName.containsKey(name);
    }

    /** The types that come with the program. */
    public static PluginRegistry shipped() {
        return SHIPPED;
    }

    /** All types, in the order of documentation. */
    public List<PluginType> types() {
        return types;
    }

    /**
     * The type of that name or alias.
     *
     * @throws PluginException where there is none, naming the nearest one
     */
    public PluginType type(String name) {
        var type = byName.get(name);
        if (type == null) {
            throw PluginException.unknownType(
                    name, types.stream().map(PluginType::name).toList());
        }
        return type;
    }
}
