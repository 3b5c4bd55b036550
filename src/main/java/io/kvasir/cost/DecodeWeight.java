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
    /** Seconds as they are. */
    public static final DecodeWeight SECONDS = new DecodeWeight(1, 0);

    /** The default's: a tenth where tokens are 50 ms apart, which is what most ask for (inference-perf's catalogue). */
    public static final DecodeWeight USUAL = of(0.1, 0.05);

    /**
     * One by which a further second counts that much where tokens are so far apart, and in proportion elsewhere.
     *
     * @param weight of a further second, 0 or more
     * @param tokenSeconds between two tokens, above 0
     */
    public static DecodeWeight of(double weight, double tokenSeconds) {
        return new DecodeWeight(0, weight / (2 * tokenSeconds));
    }

    /** What an answer of so many tokens counts that are so far apart. */
    public double answer(double tokens, double perToken) {
        return tokens * perToken * (perSecond + perSquare * perToken);
    }

    /**
     * What it counts that an answer takes longer.
     *
     * @param perToken seconds between two of its tokens without that
     * @param seconds that it takes longer, 0 or more
     * @param tokens that these are spread over, above 0
     */
    public double longer(double perToken, double seconds, double tokens) {
        return seconds * (perSecond + perSquare * (2 * perToken + seconds / tokens));
    }
}
