package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Set;

/**
 * Keeps the endpoints that hold at least {@code threshold} of the prompt, unless the least loaded of them is more than
 * {@code maxPenaltySeconds} of queued prefill behind the least loaded of the others. Where nobody holds that much, all
 * stay. The rival's filter of the same name divides tokens by one constant; here each endpoint's own rate counts.
 */
public final class PrefixAffinityFilter implements Filter {
    /** Share of the prompt, 0 to 1. */
    private static final Parameter<Double> THRESHOLD = Parameter.number("affinityThreshold", 0.8, 0, 1);

    /** Milliseconds of queued prefill, up to a day. */
    private static final Parameter<Double> MAX_PENALTY = Parameter.number("maxTTFTPenaltyMs", 18_000, 0, 86_400_000);

    static final PluginType TYPE = PluginType.of(
            PluginKind.FILTER,
            "prefix-cache-affinity-filter",
            (parameters, context) -> new PrefixAffinityFilter(
                    context.time(), parameters.get(THRESHOLD), parameters.get(MAX_PENALTY) / 1000),
            THRESHOLD,
            MAX_PENALTY);

    private final TimeModel time;
    private final double threshold;
    private final double maxPenaltySeconds;

    /**
     * @param threshold share of the prompt, 0 to 1
     * @param maxPenaltySeconds 0 keeps to the holders whatever they have to do
     */
    public PrefixAffinityFilter(TimeModel time, double threshold, double maxPenaltySeconds) {
        this.time = time;
        this.threshold = threshold;
        this.maxPenaltySeconds = maxPenaltySeconds;
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
        double needed = threshold * Math.max(1, context.request().promptTokens());
        double bestHolder = Double.POSITIVE_INFINITY;
        double bestOther = Double.POSITIVE_INFINITY;
        for (int i = 0; i < context.size(); i++) {
            double wait = wait(context, i);
            if (context.cachedTokens(i) >= needed) {
                bestHolder = Math.min(bestHolder, wait);
            } else {
                bestOther = Math.min(bestOther, wait);
            }
        }
        boolean tooBusy = maxPenaltySeconds > 0 && bestHolder - bestOther > maxPenaltySeconds;
        if (bestHolder == Double.POSITIVE_INFINITY || tooBusy) {
            return;
        }
        context.retain(endpoint -> context.cachedTokens(endpoint) >= needed);
    }

    private double wait(SchedulingContext context, int place) {
        return time.waitSeconds(
                context.candidate(place), context.rates(time, place).rates(), context.nowNanos(), context.freshNanos());
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }
}
