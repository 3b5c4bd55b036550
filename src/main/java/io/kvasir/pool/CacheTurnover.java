package io.kvasir.pool;

/**
 * How much of what an endpoint's KV cache gives up to make room is asked for again. Each token that a full cache takes in drives out
 * one; with the probability {@code p} that one is asked for again, is computed again and drives out the next, so that
 * {@code p + p² + ... = p / (1 - p)} are computed for each that is taken in. {@code p} is at least the share of those given up
 * that came back so far, since others may yet, and at most the share of all tokens that are asked for again, since caches give up
 * what was not asked for in the longest time; any between being as likely, it is the mean over these. What is counted is
 * forgotten as fast as the cache takes in as much as it holds. Safe for any thread, without locks; of updates that race one may be
 * lost. Derived in docs/time-model.md.
 */
final class CacheTurnover {
    /** No more than that share is taken to be asked for again. */
    private static final double MOST = 0.95;

    /** So much of a cache is too little to tell what becomes of what it gave up. */
    private static final double FEW = 0.1;

    /** Tokens that it took in since it was empty, as far as they fit. */
    private volatile double filled;
    /** Lately asked of it, */
    private volatile double asked;
    /** of them those that it or others were asked for before, */
    private volatile double again;
    /** given up to make room, */
    private volatile double evicted;
    /** and asked of it or others after that. */
    private volatile double lost;

    /**
     * A prompt came, of which the endpoint holds a part and takes in the rest. Of one that the cache could not hold no more
     * counts than that holds, whatever its client asks for.
     *
     * @param tokens of prompt and expected output, finite and 0 or more, like those of them that follow
     * @param repeated those that some endpoint was asked for before
     * @param taken those that this one does not hold
     * @param kvTokens that its cache holds; nothing is known of what makes room where that is 0 or less
     * @return tokens that will be computed again for each that it takes in now
     */
    double takesIn(double tokens, double repeated, double taken, long kvTokens) {
        if (kvTokens <= 0) {
            return 0;
        }
        double kept = Math.max(0, 1 - taken / kvTokens);
        double all = filled + taken;
        double over = Math.max(0, all - kvTokens);
        filled = Math.min(kvTokens, all);
        asked = kept * asked + Math.min(tokens, kvTokens);
        again = kept * again + Math.min(repeated, kvTokens);
        lost = kept * lost;
        evicted = kept * evicted + Math.min(Math.min(taken, kvTokens), over);
        return displacing(kvTokens);
    }

    /**
     * It or another is asked for so many tokens that it had computed and has given up.
     *
     * @return as the other one does
     */
    double lost(double tokens, long kvTokens) {
        if (kvTokens <= 0) {
            return 0;
        }
        double before = lost;
        lost = before + tokens;
        return displacing(kvTokens);
    }

    /** The cache is empty: nothing has to make room, and what it held was not given up for that. */
    void emptied() {
        filled = 0;
        evicted = 0;
        lost = 0;
    }

    private double displacing(long kvTokens) {
        if (filled < kvTokens) {
            return 0;
        }
        double least = Math.min(MOST, lost / (evicted + FEW * kvTokens));
        double most = Math.min(MOST, again / Math.max(1, asked));
        return mean(least, Math.max(least, most));
    }

    /** The mean of {@code p / (1 - p)} over all {@code p} from one to the other, both below 1. */
    static double mean(double from, double to) {
        return to - from < 1e-3 ? from / (1 - from) : Math.log((1 - from) / (1 - to)) / (to - from) - 1;
    }
}
