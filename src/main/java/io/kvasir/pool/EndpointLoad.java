package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The router's own books of what it placed on one endpoint and has not seen end. Every amount added for a request is
 * taken away again exactly once, so that all figures are 0 when nothing is in flight. The amounts sit together in one
 * cache line, away from other endpoints' lines: they change together.
 */
public final class EndpointLoad {
    private static final int REQUESTS = 16;
    private static final int PROMPT_TOKENS = 17;
    private static final int OUTPUT_TOKENS = 18;
    private static final int PREFILL_NANOS = 19;
    private static final int PREFILLS = 20;
    private static final int PREFILLING_SINCE = 21;

    private final AtomicLongArray amounts = new AtomicLongArray(40);

    /** A request was placed. */
    public void place(long promptTokens, long outputTokens) {
        amounts.getAndAdd(REQUESTS, 1);
        amounts.getAndAdd(PROMPT_TOKENS, promptTokens);
        amounts.getAndAdd(OUTPUT_TOKENS, outputTokens);
    }

    /** A request that was placed with these amounts ended. */
    public void release(long promptTokens, long outputTokens) {
        amounts.getAndAdd(REQUESTS, -1);
        amounts.getAndAdd(PROMPT_TOKENS, -promptTokens);
        amounts.getAndAdd(OUTPUT_TOKENS, -outputTokens);
    }

    /** A prefill that is expected to take {@code nanos} was placed. */
    public void placePrefill(long nanos, long nowNanos) {
        if (amounts.getAndAdd(PREFILLS, 1) == 0) {
            amounts.set(PREFILLING_SINCE, nowNanos);
        }
        amounts.getAndAdd(PREFILL_NANOS, nanos);
    }

    /** A prefill placed with that amount ended, by its first token or with its request. */
    public void releasePrefill(long nanos, long nowNanos) {
        amounts.getAndAdd(PREFILLS, -1);
        amounts.getAndAdd(PREFILL_NANOS, -nanos);
        amounts.set(PREFILLING_SINCE, nowNanos);
    }

    /** When the prefill that is first in line now is taken to have started: the last one ended, or none was there. */
    public long prefillingSinceNanos() {
        return amounts.get(PREFILLING_SINCE);
    }

    /** Requests in flight. */
    public long requests() {
        return amounts.get(REQUESTS);
    }

    /** Prompt tokens of the requests in flight. */
    public long promptTokens() {
        return amounts.get(PROMPT_TOKENS);
    }

    /** Output tokens expected of the requests in flight. */
    public long outputTokens() {
        return amounts.get(OUTPUT_TOKENS);
    }

    /** Tokens that the requests in flight hold in the KV cache on average while they run: half of their output is there. */
    public double heldTokens() {
        return Math.max(0, promptTokens() + outputTokens() / 2.0);
    }

    /** Expected time in ns of the prefills in flight. */
    public long prefillNanos() {
        return amounts.get(PREFILL_NANOS);
    }

    /** Requests in flight whose first token is still awaited. */
    public long prefills() {
        return amounts.get(PREFILLS);
    }
}
