package io.kvasir.admission.flow;

/**
 * What some requests ask of engines, of late.
 *
 * @param requestsPerSecond that come
 * @param tokensPerSecond prompt tokens of those that have to be computed
 * @param share of all requests in flight that is theirs, 0 to 1
 */
record Demand(double requestsPerSecond, double tokensPerSecond, double share) {
    /** Nothing. */
    static final Demand NONE = new Demand(0, 0, 0);

    /** Both. */
    Demand plus(Demand other) {
        return new Demand(
                requestsPerSecond + other.requestsPerSecond,
                tokensPerSecond + other.tokensPerSecond,
                share + other.share);
    }

    /** With that share of what is in flight. */
    Demand withShare(double inFlight) {
        return new Demand(requestsPerSecond, tokensPerSecond, inFlight);
    }

    /** Tokens of one of them; 0 where none come. */
    double tokens() {
        return requestsPerSecond <= 0 ? 0 : tokensPerSecond / requestsPerSecond;
    }
}
