package io.kvasir.schedule;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Keeps endpoints by their labels. */
final class LabelSelectorFilter implements Filter {
    static final PluginType TYPE = PluginType.of(
                    PluginKind.FILTER,
                    "label-selector-filter",
                    (parameters, _) ->
                            new LabelSelectorFilter("label-selector-filter", LabelSelector.of(parameters)::matches),
                    LabelSelector.MATCH_LABELS,
                    LabelSelector.MATCH_EXPRESSIONS)
            .alias("by-label-selector");

    private static final Parameter<String> LABEL = Parameter.requiredText("label");
    private static final Parameter<Boolean> ALLOWS_NO_LABEL = Parameter.flag("allowsNoLabel", false);
    private static final Parameter<Set<String>> VALID_VALUES = Parameter.of(
            "validValues",
            Set.of(),
            "a list of texts",
            given -> given instanceof List<?> list && list.stream().allMatch(String.class::isInstance)
                    ? Set.copyOf(list.stream().map(String.class::cast).toList())
                    : null);

    /** The older form, of one label. */
    static final PluginType BY_LABEL = PluginType.of(
            PluginKind.FILTER,
            "by-label",
            (parameters, _) -> {
                String label = parameters.get(LABEL);
                var valid = parameters.get(VALID_VALUES);
                boolean without = parameters.get(ALLOWS_NO_LABEL);
                return new LabelSelectorFilter("by-label", labels -> {
                    String value = labels.get(label);
                    return value == null ? without : valid.contains(value);
                });
            },
            LABEL,
            VALID_VALUES,
            ALLOWS_NO_LABEL);

    private final String name;
    private final Predicate<Map<String, String>> kept;

    private LabelSelectorFilter(String name, Predicate<Map<String, String>> kept) {
        this.name = name;
        this.kept = kept;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void filter(SchedulingContext context) {
        context.retain(endpoint -> kept.test(endpoint.spec().labels()));
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }
}
