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
 */
record ReplicaTally(
        double ended,
        double failed,
        double firstTokens,
        double seen,
        double predicted,
        double promptTokens,
        double expectedTokens,
        double foundTokens) {
    static final ReplicaTally NONE = new ReplicaTally(0, 0, 0, 0, 0, 0, 0, 0);

    /** What is left of it after a second, so that half a minute counts. */
    private static final double KEPT = 0.97;

    /** Requests, and tokens, from which on a share says something. */
    private static final double ENOUGH = 3;

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
                KEPT * foundTokens + add.foundTokens);
    }

    /** How many times as long as predicted first tokens took; NaN where too few were seen. */
    double ratio() {
        return firstTokens >= ENOUGH && predicted > 0 ? seen / predicted : Double.NaN;
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
