package io.kvasir.schedule;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keeps endpoints where every figure of some is at most its bound; what is not known counts as 0. */
final class UtilisationFilter implements Filter {
    private static final String NAME = "utilization-filter";

    /** The figures that can be bounded. */
    private enum Figure {
        ACTIVE("active-requests"),
        RUNNING("running-requests"),
        WAITING("waiting-queue"),
        KV("kv-cache-utilization");

        private final String word;

        Figure(String word) {
            this.word = word;
        }

        double of(SchedulingContext context, int place) {
            return switch (this) {
                case ACTIVE -> context.candidate(place).load().requests();
                case RUNNING ->
                    context.fresh(place) ? Math.max(0, context.page(place).running()) : 0;
                case WAITING -> context.waiting(place);
                case KV -> {
                    double usage = context.kvUsage(place);
                    yield Double.isNaN(usage) ? 0 : usage;
                }
            };
        }
    }

    /** A figure and its bound. */
    private record Condition(Figure figure, double most) {}

    private static final Parameter<List<Condition>> CONDITIONS = Parameter.of(
            "conditions",
            List.of(),
            "a list of {metric: active-requests, running-requests, waiting-queue or kv-cache-utilization, maxValue:"
                    + " a number of 0 or more}",
            UtilisationFilter::conditions);
    private static final Parameter<Boolean> FALLBACK = Parameter.flag("fallbackOnEmpty", false);

    static final PluginType TYPE = PluginType.of(
            PluginKind.FILTER,
            NAME,
            (parameters, _) -> new UtilisationFilter(parameters.get(CONDITIONS), parameters.get(FALLBACK)),
            CONDITIONS,
            FALLBACK,
            Producers.IN_FLIGHT);

    private final List<Condition> conditions;
    private final boolean fallback;

    private UtilisationFilter(List<Condition> conditions, boolean fallback) {
        this.conditions = conditions;
        this.fallback = fallback;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.STATS);
    }

    @Override
    public void filter(SchedulingContext context) {
        Filters.keep(context, place -> passes(context, place), fallback);
    }

    private boolean passes(SchedulingContext context, int place) {
        for (int i = 0; i < conditions.size(); i++) {
            var condition = conditions.get(i);
            if (condition.figure.of(context, place) > condition.most) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }

    private static @Nullable List<Condition> conditions(Object given) {
        if (!(given instanceof List<?> list)) {
            return null;
        }
        var all = new ArrayList<Condition>();
        for (Object item : list) {
            var condition = item instanceof Map<?, ?> map ? condition(map) : null;
            if (condition == null) {
                return null;
            }
            all.add(condition);
        }
        return List.copyOf(all);
    }

    private static @Nullable Condition condition(Map<?, ?> map) {
        double most = map.get("maxValue") instanceof Number number ? number.doubleValue() : Double.NaN;
        if (!(most >= 0) || map.size() != 2) {
            return null;
        }
        for (var figure : Figure.values()) {
            if (figure.word.equals(map.get("metric"))) {
                return new Condition(figure, most);
            }
        }
        return null;
    }
}
