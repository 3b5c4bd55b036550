package io.kvasir.schedule;

import io.kvasir.cost.EndpointRates;
import io.kvasir.cost.TimeModel;
import java.util.Set;

/**
 * The time model's cost, negated: seconds until the first token, plus {@code decodeWeight} times the seconds that the
 * output takes. The score is not in 0 to 1: it is minus the seconds, so differences keep their size.
 */
public final class TimeScorer implements Scorer {
    /** What a second of decoding counts against one of waiting: it is spread over the whole answer. */
    static final Parameter<Double> DECODE_WEIGHT = Parameter.number("decodeWeight", 0.1, 0, 1000);

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
        double prompt = context.request().promptTokens();
        double output = context.expectedOutput();
        double[] predicted = context.predicted();
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            EndpointRates rates = time.rates(endpoint, context.model());
            var load = endpoint.load();
            double held = load.heldTokens();
            double decoding = Math.max(0, load.requests() - load.prefills());
            double ttft = FirstToken.seconds(time, context, endpoint, rates, output, held);
            predicted[i] = ttft;
            scores[i] =
                    -(ttft + decodeWeight * output * rates.interTokenSeconds(decoding + 1, held + prompt + output / 2));
        }
    }
}
