package io.kvasir.schedule;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Set;

/**
 * Keeps the endpoints that are predicted to meet the request's SLO, or those that are not, by a small chance. Where there is
 * only one kind, or nothing is predicted, all stay.
 */
final class SloHeadroomTierFilter implements Filter {
    private static final Parameter<Double> EXPLORED = Parameter.number("epsilonExploreNeg", 0.01, 0, 1);

    static final PluginType TYPE = PluginType.of(
            PluginKind.FILTER,
            "slo-headroom-tier-filter",
            (parameters, context) ->
                    new SloHeadroomTierFilter(new SloHeadroom(context.time()), parameters.get(EXPLORED)),
            EXPLORED,
            Producers.LATENCY);

    private final SloHeadroom headroom;
    private final double explored;

    private SloHeadroomTierFilter(SloHeadroom headroom, double explored) {
        this.headroom = headroom;
        this.explored = explored;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.PREFIX, Need.STATS, Need.PREDICTIONS);
    }

    @Override
    public void filter(SchedulingContext context) {
        int meeting = 0;
        for (int i = 0; i < context.size(); i++) {
            meeting += meets(context, i) ? 1 : 0;
        }
        if (meeting > 0 && meeting < context.size()) {
            boolean wanted = context.random().nextDouble() >= explored;
            context.retainPlaces(place -> meets(context, place) == wanted);
        }
    }

    private boolean meets(SchedulingContext context, int place) {
        return headroom.firstToken(context, place) >= 0 && headroom.perToken(context, place) >= 0;
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }
}
