package io.kvasir.observe.live;

import org.jspecify.annotations.Nullable;

/**
 * What requests showed of one replica lately: sums that fade. Seconds are of the router's time.
 *
 * @param ended requests
 * @param failed of them, by the replica's doing
 * @param firstTokens of them, whose first token was seen
 * @param seen seconds until these
 * @param predicted seconds that were expected until these
 * @param promptTokens of requests whose cached tokens were reported
 * @param expectedTokens of these, expected in the cache
 * @param foundTokens of these, found there
 * @param streams of requests, whose tokens were seen to come
 * @param decoding seconds from their first tokens to their last
 * @param predictedDecoding seconds that were expected for it
 */
record ReplicaTally(
        double ended,
        double failed,
        double firstTokens,
        double seen,
        double predicted,
        double promptTokens,
        double expectedTokens,
        double foundTokens,
        double streams,
        double decoding,
        double predictedDecoding) {
    static final ReplicaTally NONE = new ReplicaTally(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** What is left of it after a second, so that half a minute counts. */
    private static final double KEPT = 0.97;

    /** Requests, and tokens, from which on a share says something. */
    private static final double ENOUGH = 3;

    /** How many times as far off its predictions as the best of its class a replica may be. */
    private static final double SLOWER = 2;

    private static final double ENOUGH_TOKENS = 1_000;

    /** Difference of expected and found tokens, in shares of the prompt, from which on a replica is not believed. */
    private static final double LIE = 0.25;

    /** A second later, with what came. */
    ReplicaTally then(@Nullable ReplicaTally more) {
        var add = more == null ? NONE : more;
        return new ReplicaTally(
                KEPT * ended + add.ended,
                KEPT * failed + add.failed,
                KEPT * firstTokens + add.firstTokens,
                KEPT * seen + add.seen,
                KEPT * predicted + add.predicted,
                KEPT * promptTokens + add.promptTokens,
                KEPT * expectedTokens + add.expectedTokens,
                KEPT * foundTokens + add.foundTokens,
                KEPT * streams + add.streams,
                KEPT * decoding + add.decoding,
                KEPT * predictedDecoding + add.predictedDecoding);
    }

    /** How many times as long as predicted first tokens took; NaN where too few were seen. */
    double ratio() {
        return firstTokens >= ENOUGH && predicted > 0 ? seen / predicted : Double.NaN;
    }

    /** How many times as long as predicted tokens took after the first; NaN where too few streams were seen. */
    private double tokenRatio() {
        return streams >= ENOUGH && predictedDecoding > 0 ? decoding / predictedDecoding : Double.NaN;
    }

    /**
     * The best that replicas of a class do: what all are off by is the class'.
     *
     * @param first how many times as long as predicted first tokens take there; NaN where nobody knows
     * @param token the same of later tokens
     */
    record Best(double first, double token) {
        static final Best NONE = new Best(Double.NaN, Double.NaN);

        /** With another of the class. */
        Best and(ReplicaTally tally) {
            return new Best(least(first, tally.ratio()), least(token, tally.tokenRatio()));
        }

        private static double least(double one, double other) {
            return Double.isNaN(one) ? other : Double.isNaN(other) ? one : Math.min(one, other);
        }
    }

    /** Whether it is much further off than the best of its class. */
    boolean slowBeside(Best best) {
        return ratio() >= SLOWER * best.first || tokenRatio() >= SLOWER * best.token;
    }

    /** Share of prompt tokens expected in the cache; NaN where too few were told. */
    double expected() {
        return promptTokens >= ENOUGH_TOKENS ? expectedTokens / promptTokens : Double.NaN;
    }

    /** Share of prompt tokens found there; NaN where too few were told. */
    double found() {
        return promptTokens >= ENOUGH_TOKENS ? foundTokens / promptTokens : Double.NaN;
    }

    /** Whether it holds less than it is believed to. */
    boolean lies() {
        return expected() - found() > LIE;
    }
}
