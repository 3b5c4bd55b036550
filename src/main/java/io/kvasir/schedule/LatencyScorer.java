package io.kvasir.schedule;

import java.util.Set;

/**
 * Scores by how predictions meet the request's SLO: only those that meet it, if any; else only idle ones, if any; else only
 * those that miss it least badly (output tokens alone, first token alone, both). Among them the distance to the SLO counts:
 * least first, so that fast endpoints stay free, or most first. Where nothing is predicted, KV, queue and prefix count.
 */
final class LatencyScorer implements Scorer {
    private static final Parameter<Double> TTFT_WEIGHT = Parameter.number("ttftWeight", 0.8, 0, 1e6);
    private static final Parameter<Double> TPOT_WEIGHT = Parameter.number("tpotWeight", 0.2, 0, 1e6);
    private static final Parameter<String> STRATEGY =
            Parameter.word("headroomSelectionStrategy", "least", "least", "most");
    private static final Parameter<Double> KV_WEIGHT = Parameter.number("compositeKVWeight", 1, 0, 1e6);
    private static final Parameter<Double> QUEUE_WEIGHT = Parameter.number("compositeQueueWeight", 1, 0, 1e6);
    private static final Parameter<Double> PREFIX_WEIGHT = Parameter.number("compositePrefixWeight", 1, 0, 1e6);

    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "latency-scorer",
            (given, context) -> new LatencyScorer(given, new SloHeadroom(context.time())),
            TTFT_WEIGHT,
            TPOT_WEIGHT,
            STRATEGY,
            KV_WEIGHT,
            QUEUE_WEIGHT,
            PREFIX_WEIGHT,
            Producers.LATENCY,
            Producers.PREFIX);

    /** From good to bad. */
    private static final int MEETS = 0;

    private static final int IDLE = 1;
    private static final int LATE_TOKENS = 2;
    private static final int LATE_FIRST = 3;
    private static final int LATE = 4;
    private static final int UNKNOWN = 5;

    private final SloHeadroom headroom;
    private final double ttftWeight;
    private final double tpotWeight;
    private final boolean most;
    private final double kvWeight;
    private final double queueWeight;
    private final double prefixWeight;

    private LatencyScorer(PluginParameters given, SloHeadroom headroom) {
        this.headroom = headroom;
        ttftWeight = given.get(TTFT_WEIGHT);
        tpotWeight = given.get(TPOT_WEIGHT);
        most = given.get(STRATEGY).equals("most");
        kvWeight = given.get(KV_WEIGHT);
        queueWeight = given.get(QUEUE_WEIGHT);
        prefixWeight = given.get(PREFIX_WEIGHT);
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
        int size = context.size();
        double[] first = scores;
        double[] token = context.spare();
        int best = UNKNOWN;
        for (int i = 0; i < size; i++) {
            first[i] = headroom.firstToken(context, i);
            token[i] = headroom.perToken(context, i);
            best = Math.min(best, bucket(context, i, first[i], token[i]));
        }
        if (best == UNKNOWN) {
            composite(context, scores);
            return;
        }
        var firstRange = new Range();
        var tokenRange = new Range();
        for (int i = 0; i < size; i++) {
            if (bucket(context, i, first[i], token[i]) == best) {
                firstRange.take(Math.abs(first[i]));
                tokenRange.take(Math.abs(token[i]));
            }
        }
        for (int i = 0; i < size; i++) {
            boolean counts = bucket(context, i, first[i], token[i]) == best;
            scores[i] = counts ? score(firstRange, tokenRange, first[i], token[i], best == MEETS) : 0;
        }
    }

    private double score(Range firstRange, Range tokenRange, double first, double token, boolean meets) {
        double firstCounts = firstRange.none() ? 0 : ttftWeight;
        double tokenCounts = tokenRange.none() ? 0 : tpotWeight;
        double all = firstCounts + tokenCounts;
        double combined = all == 0
                ? 0.5
                : (firstCounts * firstRange.share(Math.abs(first)) + tokenCounts * tokenRange.share(Math.abs(token)))
                        / all;
        double wanted = meets && most ? combined : 1 - combined;
        return Math.min(1, (Math.floor(wanted * 100) + 1) / 100);
    }

    private static int bucket(SchedulingContext context, int place, double first, double token) {
        if (!Double.isFinite(first) || !Double.isFinite(token)) {
            return UNKNOWN;
        }
        if (first >= 0 && token >= 0) {
            return MEETS;
        }
        if (context.candidate(place).load().requests() == 0) {
            return IDLE;
        }
        return first >= 0 ? LATE_TOKENS : token >= 0 ? LATE_FIRST : LATE;
    }

    /** By what pages and prefixes tell, rounded to a hundredth. */
    private void composite(SchedulingContext context, double[] scores) {
        double longest = 0;
        for (int i = 0; i < context.size(); i++) {
            longest = Math.max(longest, context.waiting(i));
        }
        double all = kvWeight + queueWeight + prefixWeight;
        double prompt = Math.max(1, context.request().promptTokens());
        for (int i = 0; i < context.size(); i++) {
            double usage = context.kvUsage(i);
            double kv = Double.isNaN(usage) ? 1 : 1 - usage;
            double queue = longest == 0 ? 1 : (longest - context.waiting(i)) / longest;
            double prefix = Math.min(1, context.cachedTokens(i) / prompt);
            double sum = kvWeight * kv + queueWeight * queue + prefixWeight * prefix;
            scores[i] = all == 0 ? 0 : Math.round(sum / all * 100) / 100.0;
        }
    }

    private static final class Range {
        private double least = Double.POSITIVE_INFINITY;
        private double greatest = Double.NEGATIVE_INFINITY;

        void take(double value) {
            least = Math.min(least, value);
            greatest = Math.max(greatest, value);
        }

        boolean none() {
            return !(greatest > least);
        }

        double share(double value) {
            return none() ? 0.5 : (value - least) / (greatest - least);
        }
    }
}
