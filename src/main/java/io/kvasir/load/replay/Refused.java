package io.kvasir.load.replay;

/**
 * An answer of the router's own, and whether its word was good.
 *
 * @param request that was answered so
 * @param atSeconds when, from the start of the run
 * @param reason its code
 * @param retryAfterSeconds what its client was told; 0 for nothing
 * @param lineSeconds how long from then on the last one of its tenant (else of its priority) waited that was in line before
 *     it, which is what it would have waited; NaN where nobody waited
 *     or that one's turn did not come
 */
public record Refused(
        ReplayRequest request, double atSeconds, String reason, double retryAfterSeconds, double lineSeconds) {}
