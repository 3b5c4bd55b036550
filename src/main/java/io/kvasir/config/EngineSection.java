package io.kvasir.config;

import io.kvasir.config.NamedPlugins.Named;
import io.kvasir.config.PickerConfig.Engines;
import io.kvasir.schedule.BuiltIn;
import io.kvasir.schedule.Parameter;
import io.kvasir.schedule.PluginParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the plug-ins {@code metrics-data-source} and {@code core-metrics-extractor} say of engines. */
final class EngineSection {
    private static final Set<String> LABELS = Set.of("llm-d.ai/engine-type", "inference.networking.k8s.io/engine-type");

    private final String source;
    private final NamedPlugins plugins;
    private final List<String> notices;

    EngineSection(String source, NamedPlugins plugins, List<String> notices) {
        this.source = source;
        this.plugins = plugins;
        this.notices = notices;
    }

    Engines engines() throws InvalidConfigException {
        var page = parameters(PartTypes.METRICS_SOURCE);
        var extractor = parameters(PartTypes.METRICS_EXTRACTOR);
        Long port = given(page, PartTypes.PORT);
        var families = new ArrayList<EngineFamilies>();
        if (extractor != null) {
            int line = line(PartTypes.METRICS_EXTRACTOR);
            String label = given(extractor, PartTypes.ENGINE_LABEL);
            if (label != null && !LABELS.contains(label)) {
                notices.add(source + ":" + line + ": core-metrics-extractor.engineLabelKey: engines are told by "
                        + String.join(" or ", LABELS.stream().sorted().toList()) + " here, not by " + label);
            }
            for (var map : extractor.get(PartTypes.ENGINES)) {
                var one = EngineFamilies.of(map);
                if (one == null) {
                    throw InvalidConfigException.at(
                            source,
                            line,
                            "core-metrics-extractor.engineConfigs: " + map.get("name")
                                    + ": bad key or value; allowed: texts for " + String.join(", ", EngineFamilies.KEYS)
                                    + ", where customMetrics is a list of {attributeKey, metricSpec}");
                }
                families.add(one);
            }
        }
        return new Engines(
                given(page, PartTypes.SCHEME),
                given(page, PartTypes.PATH),
                port == null ? null : port.intValue(),
                given(page, PartTypes.SKIP_VERIFY),
                given(extractor, PartTypes.DEFAULT_ENGINE),
                families);
    }

    private int line(String type) {
        return named(type).stream().mapToInt(Named::line).findFirst().orElse(0);
    }

    private List<Named> named(String type) {
        return plugins.all().stream().filter(named -> named.type().equals(type)).toList();
    }

    /** What the first of that type says; null where there is none. */
    private @Nullable PluginParameters parameters(String type) {
        var all = named(type);
        for (int i = 1; i < all.size(); i++) {
            notices.add(source + ":" + all.get(i).line() + ": a second " + type + " has no effect: there is one here");
        }
        return all.isEmpty() || !(all.getFirst().plugin() instanceof BuiltIn part) ? null : part.parameters();
    }

    private static <T> @Nullable T given(@Nullable PluginParameters parameters, Parameter<T> parameter) {
        return parameters != null && parameters.has(parameter) ? parameters.get(parameter) : null;
    }
}
