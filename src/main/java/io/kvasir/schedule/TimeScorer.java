package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import java.util.Set;

/**
 * The time model's cost, negated: seconds until the first token, plus {@code decodeWeight} times the seconds that the
 * output takes. The score is not in 0 to 1: it is minus the seconds, so differences keep their size.
 */
public final class TimeScorer implements Scorer {
    /** What a second of decoding counts against one of waiting: it is spread over the whole answer. */
    public static final Parameter<Double> DECODE_WEIGHT = Parameter.number("decodeWeight", 0.1, 0, 1000);

    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "time-scorer",
            (parameters, context) -> new TimeScorer(context.time(), parameters.get(DECODE_WEIGHT)),
            DECODE_WEIGHT);

    private final TimeModel time;
    private final double decodeWeight;

    /** @param decodeWeight what a second of decoding counts against one of waiting for the first token, 0 or more */
    public TimeScorer(TimeModel time, double decodeWeight) {
        this.time = time;
        this.decodeWeight = decodeWeight;
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
    public void score(SchedulingContext context, double[] scores) {
        var work = context.work();
        double decoding = decodeWeight * work.outputTokens();
        double[] predicted = context.predicted();
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            var rates = context.rates(time, i).rates();
            double ttft = time.firstTokenSeconds(
                    endpoint, rates, work, context.cachedTokens(i), context.nowNanos(), context.freshNanos());
            predicted[i] = ttft;
            scores[i] = -(ttft + decoding * time.tokenSeconds(endpoint, rates, work));
        }
    }
}
