package io.kvasir.route;

import io.kvasir.cost.EndpointRates;
import io.kvasir.pool.EndpointLoad;

/**
 * What the books of an endpoint count for one prefill there.
 *
 * @param nanos that it is expected to take
 * @param steps in which it is computed
 * @param tokens to compute
 * @param pairs of tokens in their attention
 */
record PrefillAmounts(long nanos, long steps, long tokens, long pairs) {
    /** Nothing. */
    static final PrefillAmounts NONE = new PrefillAmounts(0, 0, 0, 0);

    private static final double MOST_SECONDS = 86_400;

    /** What an endpoint with these rates computes. */
    static PrefillAmounts of(EndpointRates rates, double seconds, double tokens, double pairs) {
        return new PrefillAmounts(nanos(seconds), rates.chunks(tokens), Math.round(tokens), Math.round(pairs));
    }

    /** Seconds as ns, at most a day, so that sums stay far from the end of {@code long}. */
    static long nanos(double seconds) {
        return Math.round(1e9 * Math.clamp(seconds, 0, MOST_SECONDS));
    }

    /** It was placed there, and {@code sequences} await it. */
    void place(EndpointLoad load, int sequences, long nowNanos) {
        load.placePrefill(sequences, nanos, nowNanos);
        load.await(steps, tokens, pairs);
    }

    /** It is awaited no longer. */
    void release(EndpointLoad load, int sequences, long nowNanos) {
        load.await(-steps, -tokens, -pairs);
        load.releasePrefill(sequences, nanos, nowNanos);
    }

    /** It was computed. */
    void computed(EndpointLoad load) {
        load.prefilled(nanos, steps, tokens, pairs);
    }
}
