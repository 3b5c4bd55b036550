package io.kvasir.admission.flow;

/**
 * What some requests ask of engines, of late.
 *
 * @param requestsPerSecond that come
 * @param tokensPerSecond prompt tokens of those that have to be computed
 */
record Demand(double requestsPerSecond, double tokensPerSecond) {
    /** Nothing. */
    static final Demand NONE = new Demand(0, 0);

    /** Both. */
    Demand plus(Demand other) {
        return new Demand(requestsPerSecond + other.requestsPerSecond, tokensPerSecond + other.tokensPerSecond);
    }

    /** Tokens of one of them; 0 where none come. */
    double tokens() {
        return requestsPerSecond <= 0 ? 0 : tokensPerSecond / requestsPerSecond;
    }
}
