package io.kvasir.schedule;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoublePredicate;
import org.jspecify.annotations.Nullable;

/** Filters and scores by an {@linkplain io.kvasir.pool.Replica#attribute attribute} that is read of engines' pages. */
final class EndpointAttribute {
    private static final Parameter<Object> PRODUCER = Parameter.any("producer");
    private static final Parameter<String> ATTRIBUTE = Parameter.requiredText("attribute");
    private static final Parameter<String> ON_MISSING = Parameter.word("onMissing", "Pass", "Pass", "Fail");
    private static final Parameter<Boolean> FALLBACK = Parameter.flag("fallbackOnEmpty", false);
    private static final Parameter<String> THRESHOLD = Parameter.word("algorithm.type", "threshold", "threshold");
    private static final Parameter<String> OPERATOR = Parameter.word(
            "algorithm.operator",
            "LessThanOrEqual",
            "LessThan",
            "LessThanOrEqual",
            "GreaterThan",
            "GreaterThanOrEqual",
            "Equal",
            "NotEqual");
    private static final Parameter<Double> VALUE = Parameter.number("algorithm.value", 0, -1e300, 1e300);

    static final PluginType FILTER = PluginType.of(
            PluginKind.FILTER,
            "endpoint-attribute-filter",
            (given, _) -> new Threshold(
                    given.get(ATTRIBUTE),
                    given.get(ON_MISSING).equals("Pass"),
                    given.get(FALLBACK),
                    comparison(given.get(OPERATOR), given.get(VALUE))),
            ATTRIBUTE,
            PRODUCER,
            ON_MISSING,
            FALLBACK,
            THRESHOLD,
            OPERATOR,
            VALUE);

    private static final Parameter<String> KEY = Parameter.requiredText("attributeKey");
    private static final Parameter<String> LINEAR = Parameter.word(
            "algorithm.type", "linear_lower_is_better", "linear_lower_is_better", "linear_higher_is_better");
    private static final Parameter<List<Double>> FIXED = Parameter.of(
            "normalization.fixedRange",
            List.of(),
            "{min: NUMBER, max: a greater NUMBER}",
            given -> given instanceof List<?> none && none.isEmpty() ? List.of() : range(given));
    private static final Parameter<Object> ADAPTIVE = Parameter.any("normalization.adaptiveRange");

    static final PluginType SCORER = PluginType.of(
            PluginKind.SCORER,
            "endpoint-attribute-scorer",
            (given, _) -> new Linear(
                    given.get(KEY), given.get(LINEAR).equals("linear_lower_is_better"), List.copyOf(given.get(FIXED))),
            KEY,
            PRODUCER,
            LINEAR,
            FIXED,
            ADAPTIVE);

    private EndpointAttribute() {}

    private static @Nullable List<Double> range(Object given) {
        if (given instanceof Map<?, ?> map
                && map.size() == 2
                && map.get("min") instanceof Number min
                && map.get("max") instanceof Number max
                && min.doubleValue() < max.doubleValue()) {
            return List.of(min.doubleValue(), max.doubleValue());
        }
        return null;
    }

    @SuppressWarnings("FloatingPointEquality") // what the operator says
    private static DoublePredicate comparison(String operator, double bound) {
        return switch (operator) {
            case "LessThan" -> value -> value < bound;
            case "LessThanOrEqual" -> value -> value <= bound;
            case "GreaterThan" -> value -> value > bound;
            case "GreaterThanOrEqual" -> value -> value >= bound;
            case "Equal" -> value -> value == bound;
            default -> value -> value != bound;
        };
    }

    private record Threshold(String attribute, boolean passMissing, boolean fallback, DoublePredicate passes)
            implements Filter {
        @Override
        public String name() {
            return "endpoint-attribute-filter";
        }

        @Override
        public Set<Need> needs() {
            return Set.of(Need.STATS);
        }

        @Override
        public void filter(SchedulingContext context) {
            Filters.keep(
                    context,
                    place -> {
                        double value = context.candidate(place).replica().attribute(attribute);
                        return Double.isNaN(value) ? passMissing : passes.test(value);
                    },
                    fallback);
        }

        @Override
        public Refusal refusal(SchedulingContext context) {
            return Refusals.filtered(name());
        }
    }

    /** @param range least and greatest; empty for those of the candidates */
    private record Linear(String attribute, boolean lowerIsBetter, List<Double> range) implements Scorer {
        @Override
        public String name() {
            return "endpoint-attribute-scorer";
        }

        @Override
        public Set<Need> needs() {
            return Set.of(Need.STATS);
        }

        @Override
        public void score(SchedulingContext context, double[] scores) {
            double least = range.isEmpty() ? Double.POSITIVE_INFINITY : range.get(0);
            double greatest = range.isEmpty() ? Double.NEGATIVE_INFINITY : range.get(1);
            for (int i = 0; i < context.size(); i++) {
                scores[i] = context.candidate(i).replica().attribute(attribute);
                if (range.isEmpty() && !Double.isNaN(scores[i])) {
                    least = Math.min(least, scores[i]);
                    greatest = Math.max(greatest, scores[i]);
                }
            }
            for (int i = 0; i < context.size(); i++) {
                scores[i] = Double.isNaN(scores[i]) ? 0 : score(scores[i], least, greatest);
            }
        }

        private double score(double value, double least, double greatest) {
            if (!(greatest > least)) {
                return 1;
            }
            double share = Math.clamp((value - least) / (greatest - least), 0, 1);
            return lowerIsBetter ? 1 - share : share;
        }
    }
}
