package io.kvasir.route;

import java.time.Duration;

/**
 * How the router is tuned.
 *
 * @param freshness age up to which an engine's metrics count
 * @param refreshAge age from which a page is asked for anew when a decision prefers its endpoint
 * @param firstMeanOutput output tokens to expect of a request before any was seen
 * @param readingsKept idle body scanners kept for reuse
 */
public record RouterSettings(Duration freshness, Duration refreshAge, double firstMeanOutput, int readingsKept) {
    /** 2 s, 200 ms, 256 tokens, 256 scanners. */
    public static final RouterSettings DEFAULT =
            new RouterSettings(Duration.ofSeconds(2), Duration.ofMillis(200), 256, 256);

    /** The same with other ages. */
    public RouterSettings withAges(Duration fresh, Duration refresh) {
        return new RouterSettings(fresh, refresh, firstMeanOutput, readingsKept);
    }
}
