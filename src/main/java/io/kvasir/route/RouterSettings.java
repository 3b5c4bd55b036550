package io.kvasir.route;

import java.time.Duration;

/**
 * How the router is tuned.
 *
 * @param freshness age up to which an engine's metrics count
 * @param firstMeanOutput output tokens to expect of a request before any was seen
 * @param readingsKept idle body scanners kept for reuse
 */
public record RouterSettings(Duration freshness, double firstMeanOutput, int readingsKept) {
    /** 2 s, 256 tokens, 256 scanners. */
    public static final RouterSettings DEFAULT = new RouterSettings(Duration.ofSeconds(2), 256, 256);

    /** The same for a world whose clock runs {@code scale} times faster. */
    public RouterSettings scaled(double scale) {
        return new RouterSettings(
                Duration.ofNanos(Math.round(freshness.toNanos() / scale)), firstMeanOutput, readingsKept);
    }
}
