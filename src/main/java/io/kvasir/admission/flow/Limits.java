package io.kvasir.admission.flow;

/**
 * How much may wait.
 *
 * @param requests that wait at most, above 0
 * @param bytes of their bodies at most, above 0
 * @param tokens of their prompts at most, above 0
 */
public record Limits(long requests, long bytes, long tokens) {
    /** Without an end. */
    public static final Limits NONE = new Limits(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

    /** Of one band, unless it is configured: 5,000 requests and 1 GB, as the field has it. */
    public static final Limits OF_BAND = new Limits(5_000, 1_000_000_000, Long.MAX_VALUE);

    /** @throws IllegalArgumentException where nothing could wait */
    public Limits {
        Settings.positive("maxRequests", requests);
        Settings.positive("maxBytes", bytes);
        Settings.positive("maxTokens", tokens);
    }

    /** Whether one more of that size fits beside those that wait. A first one always does: it is no crowd. */
    boolean fits(long waiting, long waitingBytes, long waitingTokens, long moreBytes, long moreTokens) {
        return waiting == 0
                || waiting < requests && waitingBytes + moreBytes <= bytes && waitingTokens + moreTokens <= tokens;
    }
}
