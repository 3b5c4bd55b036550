package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import java.util.Set;

/**
 * The time model's cost, negated: seconds until the first token, plus {@code decodeWeight} times the seconds that the
 * output takes and those by which it makes the outputs of others take longer. The score is not in 0 to 1: it is minus the
 * seconds, so differences keep their size. Where the request says how fast is fast enough, who is expected to be that fast,
 * the usual error of that expectation added, scores above 0 and the more the cheaper it is: see {@link SpeedPrice}.
 */
public final class TimeScorer implements Scorer {
    /** What a second of decoding counts against one of waiting; derived by replay, see docs/time-model.md. */
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
        double[] predicted = context.predicted();
        var headers = context.request().headers();
        double firstToken = headers.ttftSlo();
        double eachToken = headers.tpotSlo();
        boolean enough = !Double.isNaN(firstToken) || !Double.isNaN(eachToken);
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            var by = context.rates(time, i);
            var rates = by.rates();
            double pace = endpoint.pace().factor(context.nowNanos());
            double cached = context.cachedTokens(i);
            double kvWait = pace * time.kvWaitSeconds(endpoint, rates, work);
            double wait = kvWait + time.waitSeconds(endpoint, rates, context.nowNanos(), context.freshNanos());
            double prefill = pace * time.prefillSeconds(endpoint, rates, work, cached);
            double perToken = pace * time.tokenSeconds(endpoint, rates, work);
            double decoding = work.outputTokens() * perToken
                    + time.delaySeconds(endpoint, rates, pace, work, cached, kvWait, wait, prefill, perToken);
            predicted[i] = wait + prefill;
            scores[i] = -(wait + prefill + decodeWeight * decoding);
            if (enough && SpeedPrice.meets(wait + prefill, perToken, firstToken, eachToken, by.usualError())) {
                scores[i] = SpeedPrice.score(endpoint, prefill, work.outputTokens() * perToken);
            }
        }
    }
}
