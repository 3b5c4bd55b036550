package io.kvasir.admission.flow;

/**
 * What some requests ask of an endpoint, of late.
 *
 * @param requestsPerSecond that come which it may serve
 * @param tokensPerSecond prompt tokens of those that have to be computed
 * @param share of all requests in flight that it may serve that is theirs, 0 to 1
 * @param models that they ask for: bits of {@link ServedModels}
 * @param model of these the one that is asked for most
 */
record Demand(double requestsPerSecond, double tokensPerSecond, double share, long models, String model) {
    /** Nothing. */
    static final Demand NONE = new Demand(0, 0, 0, 0, "");

    /** Tokens of one of them; 0 where none come. */
    double tokens() {
        return requestsPerSecond <= 0 ? 0 : tokensPerSecond / requestsPerSecond;
    }

    /** Whether an endpoint that is asked for this serves some of those others, too. */
    boolean meets(Demand other) {
        return (models & other.models) != 0;
    }
}
