package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Set;

/**
 * Keeps the endpoints that hold at least {@code threshold} of the prompt, unless the least loaded of them is more than
 * {@code maxPenaltySeconds} of queued prefill behind the least loaded of the others. Where nobody holds that much, all
 * stay, and so they do by chance, as often as is to be explored. Queued prefill is prompt tokens in flight over one rate for
 * all, as the field's filter of the same name has it, or what the time model says of each.
 */
public final class PrefixAffinityFilter implements Filter {
    /** Share of the prompt, 0 to 1. */
    private static final Parameter<Double> THRESHOLD = Parameter.number("affinityThreshold", 0.8, 0, 1);

    /** Milliseconds of queued prefill, up to a day. */
    private static final Parameter<Double> MAX_PENALTY = Parameter.number("maxTTFTPenaltyMs", 18_000, 0, 86_400_000);

    /** Share of decisions, 0 to 1. */
    private static final Parameter<Double> EXPLORATION = Parameter.number("explorationProbability", 0, 0, 1);

    /** The predictor is the time model. */
    private static final String PREDICTOR = "latencyPredictor";

    private static final Parameter<String> SOURCE =
            Parameter.word("ttftSource", "prefillThroughput", "prefillThroughput", PREDICTOR);

    /** Tokens a second; the default was measured by others, on two H100 with a model of 32B. */
    private static final Parameter<Double> THROUGHPUT = Parameter.number("peakPrefillThroughput", 15_928, 1, 1e12);

    static final PluginType TYPE = PluginType.of(
            PluginKind.FILTER,
            "prefix-cache-affinity-filter",
            (parameters, context) -> new PrefixAffinityFilter(
                    context.time(),
                    parameters.get(THRESHOLD),
                    parameters.get(EXPLORATION),
                    parameters.get(MAX_PENALTY) / 1000,
                    parameters.get(SOURCE).equals(PREDICTOR) ? 0 : parameters.get(THROUGHPUT)),
            THRESHOLD,
            EXPLORATION,
            MAX_PENALTY,
            SOURCE,
            THROUGHPUT,
            Parameter.any("prefillCalibrationFile"),
            Parameter.any("prefillCalibrationFingerprint"),
            Parameter.any("prefillCalibrationRequired"),
            Producers.PREFIX,
            Producers.IN_FLIGHT,
            Producers.LATENCY);

    private final TimeModel time;
    private final double threshold;
    private final double exploration;
    private final double maxPenaltySeconds;
    private final double throughput;

    /**
     * By what the time model says of each endpoint.
     *
     * @param threshold share of the prompt, 0 to 1; 0 keeps all
     * @param maxPenaltySeconds 0 keeps to the holders whatever they have to do
     */
    public PrefixAffinityFilter(TimeModel time, double threshold, double maxPenaltySeconds) {
        this(time, threshold, 0, maxPenaltySeconds, 0);
    }

    /**
     * Keeps to holders.
     *
     * @param threshold share of the prompt, 0 to 1; 0 keeps all
     * @param exploration share of decisions in which all stay, 0 to 1
     * @param maxPenaltySeconds 0 keeps to the holders whatever they have to do
     * @param throughput prompt tokens a second of every endpoint; 0 for what the time model says of each
     */
    private PrefixAffinityFilter(
            TimeModel time, double threshold, double exploration, double maxPenaltySeconds, double throughput) {
        this.time = time;
        this.threshold = threshold;
        this.exploration = exploration;
        this.maxPenaltySeconds = maxPenaltySeconds;
        this.throughput = throughput;
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
        boolean explores = exploration > 0 && context.random().nextDouble() < exploration;
        if (context.size() <= 1 || threshold == 0 || explores) {
            return;
        }
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
        if (throughput > 0) {
            return context.candidate(place).load().promptTokens() / throughput;
        }
        return time.waitSeconds(
                context.candidate(place), context.rates(time, place).rates(), context.nowNanos(), context.freshNanos());
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }
}
