package io.kvasir.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What labels must be, as Kubernetes writes it ({@code metav1.LabelSelector}): all requirements hold. Immutable.
 *
 * @param requirements none lets everybody pass
 */
record LabelSelector(List<Requirement> requirements) {
    static final Parameter<List<Requirement>> MATCH_LABELS =
            Parameter.of("matchLabels", List.of(), "a mapping of labels to texts", LabelSelector::labels);
    static final Parameter<List<Requirement>> MATCH_EXPRESSIONS = Parameter.of(
            "matchExpressions",
            List.of(),
            "a list of {key, operator: In, NotIn, Exists or DoesNotExist, values}",
            LabelSelector::expressions);

    /** How a label is compared. */
    enum Operator {
        IN("In"),
        NOT_IN("NotIn"),
        EXISTS("Exists"),
        DOES_NOT_EXIST("DoesNotExist");

        private final String word;

        Operator(String word) {
            this.word = word;
        }

        private static @Nullable Operator parse(Object text) {
            for (Operator operator : values()) {
                if (operator.word.equals(text)) {
                    return operator;
                }
            }
            return null;
        }
    }

    /** What one label must be. */
    record Requirement(String key, Operator operator, Set<String> values) {
        boolean holds(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case DOES_NOT_EXIST -> value == null;
            };
        }
    }

    static LabelSelector of(PluginParameters parameters) {
        var all = new ArrayList<>(parameters.get(MATCH_LABELS));
        all.addAll(parameters.get(MATCH_EXPRESSIONS));
        return new LabelSelector(List.copyOf(all));
    }

    boolean matches(Map<String, String> labels) {
        for (int i = 0; i < requirements.size(); i++) {
            if (!requirements.get(i).holds(labels)) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable List<Requirement> labels(Object given) {
        if (!(given instanceof Map<?, ?> map)) {
            return null;
        }
        var all = new ArrayList<Requirement>();
        for (var entry : map.entrySet()) {
            if (!(entry.getKey() instanceof String key) || !(entry.getValue() instanceof String value)) {
                return null;
            }
            all.add(new Requirement(key, Operator.IN, Set.of(value)));
        }
        return all;
    }

    private static @Nullable List<Requirement> expressions(Object given) {
        if (!(given instanceof List<?> list)) {
            return null;
        }
        var all = new ArrayList<Requirement>();
        for (Object item : list) {
            var requirement = item instanceof Map<?, ?> map ? requirement(map) : null;
            if (requirement == null) {
                return null;
            }
            all.add(requirement);
        }
        return all;
    }

    private static @Nullable Requirement requirement(Map<?, ?> map) {
        var values = Set.<String>of();
        if (map.get("values") instanceof List<?> list) {
            if (!list.stream().allMatch(String.class::isInstance)) {
                return null;
            }
            values = Set.copyOf(list.stream().map(String.class::cast).toList());
        }
        var written = map.get("operator");
        var operator = written == null ? null : Operator.parse(written);
        if (!(map.get("key") instanceof String key)
                || operator == null
                || !Set.of("key", "operator", "values").containsAll(map.keySet())) {
            return null;
        }
        boolean lists = operator == Operator.IN || operator == Operator.NOT_IN;
        return lists == values.isEmpty() ? null : new Requirement(key, operator, values);
    }
}
