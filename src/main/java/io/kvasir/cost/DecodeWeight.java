package io.kvasir.cost;

/**
 * What decoding counts against waiting for a first token. An answer of {@code o} tokens, {@code t} seconds apart, counts {@code
 * o t (perSecond + perSquare t)} seconds of waiting: where tokens come fast one more second matters less than where they come
 * slowly. Derived in docs/time-model.md.
 *
 * @param perSecond what a second counts however fast tokens come
 * @param perSquare what it counts more for each second between two tokens
 */
public record DecodeWeight(double perSecond, double perSquare) {
    /**
     * The default's: a tenth where tokens are 50 ms apart, which is what most ask for (inference-perf's catalogue), and a
     * hundredth at least.
     */
    public static final DecodeWeight USUAL = of(0.1, 0.01, 0.05);

    /**
     * One by which a further second counts that much where tokens are so far apart, and in proportion elsewhere.
     *
     * @param weight of a further second, 0 or more
     * @param tokenSeconds between two tokens, above 0
     */
    public static DecodeWeight of(double weight, double tokenSeconds) {
        return of(weight, 0, tokenSeconds);
    }

    /**
     * The same of which a part counts however far apart tokens are.
     *
     * @param even what a further second counts anyway, 0 or more; all of {@code weight} where that is less
     */
    public static DecodeWeight of(double weight, double even, double tokenSeconds) {
        double anyway = Math.min(even, weight);
        return new DecodeWeight(anyway, (weight - anyway) / (2 * tokenSeconds));
    }

    /** What an answer of so many tokens counts that are so far apart. */
    public double answer(double tokens, double perToken) {
        return tokens * perToken * (perSecond + perSquare * perToken);
    }

    /** What it counts that answers take longer. */
    public double count(Delays delays) {
        return count(delays.seconds(), delays.squares());
    }

    /**
     * What decoding counts that takes so long.
     *
     * @param seconds of all answers together
     * @param squares of the seconds between two tokens, of all answers and tokens together
     */
    public double count(double seconds, double squares) {
        return perSecond * seconds + perSquare * squares;
    }
}
