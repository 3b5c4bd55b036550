package io.kvasir.schedule;

import io.kvasir.cost.DecodeWeight;
import io.kvasir.cost.TimeModel;
import java.util.Set;

/**
 * The time model's cost, negated: seconds until the first token, plus what the seconds count that the output takes and
 * those by which it makes the outputs of others take longer, see {@link DecodeWeight}. The score is not in 0 to 1: it is minus the
 * seconds, so differences keep their size. Where the request says how fast is fast enough, who is expected to be that fast,
 * the usual error of that expectation added, scores above 0 and the more the cheaper it is: see {@link SpeedPrice}.
 */
public final class TimeScorer implements Scorer {
    private static final double MOST_MILLIS = 86_400_000;

    /**
     * What a further second of decoding counts against one of waiting, where tokens are {@link #TOKEN_MILLIS} apart; in
     * proportion less where they come faster. Derived by replay, see docs/time-model.md.
     */
    static final Parameter<Double> DECODE_WEIGHT = Parameter.number("decodeWeight", 0.1, 0, 1000);

    /** The part of it that a further second counts however fast tokens come. */
    static final Parameter<Double> EVEN_WEIGHT = Parameter.number("evenWeight", 0.01, 0, 1000);

    static final Parameter<Double> TOKEN_MILLIS = Parameter.number("tokenMillis", 50, 1, 60_000);

    /** Of requests that do not tell one: ms until the first token that are enough, 0 for as few as can be. */
    static final Parameter<Double> TTFT_SLO = Parameter.number("ttftSloMillis", 0, 0, MOST_MILLIS);

    /** Likewise between two tokens. */
    static final Parameter<Double> TPOT_SLO = Parameter.number("tpotSloMillis", 0, 0, MOST_MILLIS);

    /**
     * Where others share the pool, what the usual error of a class counts at most, as a share of the cost: chance decides among
     * those that are no further apart.
     */
    static final Parameter<Double> SPREAD = Parameter.number("spread", 0, 0, 1);

    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "time-scorer",
            (parameters, context) -> new TimeScorer(
                    context.time(),
                    DecodeWeight.of(
                            parameters.get(DECODE_WEIGHT),
                            parameters.get(EVEN_WEIGHT),
                            parameters.get(TOKEN_MILLIS) / 1000),
                    enough(parameters.get(TTFT_SLO)),
                    enough(parameters.get(TPOT_SLO)),
                    parameters.get(SPREAD)),
            DECODE_WEIGHT,
            EVEN_WEIGHT,
            TOKEN_MILLIS,
            TTFT_SLO,
            TPOT_SLO,
            SPREAD);

    private final TimeModel time;
    private final DecodeWeight weight;
    private final double usualTtft;
    private final double usualTpot;
    private final double spread;

    /** @param weight what seconds of decoding count against those of waiting for the first token */
    public TimeScorer(TimeModel time, DecodeWeight weight) {
        this(time, weight, Double.NaN, Double.NaN, SPREAD.otherwise());
    }

    private TimeScorer(TimeModel time, DecodeWeight weight, double usualTtft, double usualTpot, double spread) {
        this.time = time;
        this.weight = weight;
        this.usualTtft = usualTtft;
        this.usualTpot = usualTpot;
        this.spread = spread;
    }

    /** Seconds that are enough; NaN for none. */
    private static double enough(double millis) {
        return millis > 0 ? millis / 1000 : Double.NaN;
    }

    private static double orUsual(double told, double usual) {
        return Double.isNaN(told) ? usual : told;
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
        double firstToken = orUsual(headers.ttftSlo(), usualTtft);
        double eachToken = orUsual(headers.tpotSlo(), usualTpot);
        long now = context.nowNanos();
        var price = context.price();
        double best = Double.NEGATIVE_INFINITY;
        int bestPlace = 0;
        long foreign = 0;
        boolean enough = !Double.isNaN(firstToken) || !Double.isNaN(eachToken);
        for (int i = 0; i < context.size(); i++) {
            var endpoint = context.candidate(i);
            var by = context.rates(time, i);
            time.price(price, endpoint, by.rates(), work, context.cachedTokens(i), now, context.freshNanos());
            double firstTokenSeconds = price.firstToken();
            double perToken = price.perToken();
            predicted[i] = firstTokenSeconds;
            scores[i] = -(firstTokenSeconds + price.felt(weight, work));
            if (enough && SpeedPrice.meets(firstTokenSeconds, perToken, firstToken, eachToken, by.usualError())) {
                scores[i] = SpeedPrice.score(endpoint, price.prefill(), work.outputTokens() * perToken, now);
            }
            if (scores[i] > best) {
                best = scores[i];
                bestPlace = i;
            }
            if (spread > 0) {
                foreign += endpoint.load().othersRunning() + endpoint.load().othersWaiting();
            }
        }
        if (foreign > 0) {
            context.unsure(unsure(context, bestPlace, foreign));
        }
    }

    /** By which share a cost may be off where others share the pool: they decide by the same pages, and are not seen since. */
    private double unsure(SchedulingContext context, int best, double foreign) {
        var work = context.work();
        double error = Math.min(spread, context.rates(time, best).usualError());
        // what it holds of the prompt is sure, and chance must not waste it
        double held = Math.min(1, context.cachedTokens(best) / Math.max(1, work.promptTokens()));
        return error * (1 - held) * foreign / (foreign + ours(context));
    }

    /** Requests of ours at all candidates. */
    private static double ours(SchedulingContext context) {
        long sum = 0;
        for (int i = 0; i < context.size(); i++) {
            sum += Math.max(0, context.candidate(i).load().requests());
        }
        return sum;
    }
}
