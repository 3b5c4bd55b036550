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
    private static final int SEQUENCES = 22;
    private static final int AWAITED = 23;

    private final AtomicLongArray amounts = new AtomicLongArray(40);

    /** A request of one sequence was placed. */
    public void place(long promptTokens, long outputTokens) {
        place(1, promptTokens, outputTokens);
    }

    /**
     * A request was placed.
     *
     * @param sequences that it decodes at once; 0 where it generates nothing
     * @param promptTokens of all its prompts
     * @param outputTokens of all its sequences
     */
    public void place(int sequences, long promptTokens, long outputTokens) {
        amounts.getAndAdd(REQUESTS, 1);
        amounts.getAndAdd(SEQUENCES, sequences);
        amounts.getAndAdd(PROMPT_TOKENS, promptTokens);
        amounts.getAndAdd(OUTPUT_TOKENS, outputTokens);
    }

    /** A request of one sequence that was placed with these amounts ended. */
    public void release(long promptTokens, long outputTokens) {
        release(1, promptTokens, outputTokens);
    }

    /** A request that was placed with these amounts ended. */
    public void release(int sequences, long promptTokens, long outputTokens) {
        amounts.getAndAdd(REQUESTS, -1);
        amounts.getAndAdd(SEQUENCES, -sequences);
        amounts.getAndAdd(PROMPT_TOKENS, -promptTokens);
        amounts.getAndAdd(OUTPUT_TOKENS, -outputTokens);
    }

    /** A prefill for one sequence was placed that is expected to take {@code nanos}. */
    public void placePrefill(long nanos, long nowNanos) {
        placePrefill(1, nanos, nowNanos);
    }

    /** A prefill was placed that {@code sequences} await and that is expected to take {@code nanos}. */
    public void placePrefill(int sequences, long nanos, long nowNanos) {
        if (amounts.getAndAdd(PREFILLS, 1) == 0) {
            amounts.set(PREFILLING_SINCE, nowNanos);
        }
        amounts.getAndAdd(AWAITED, sequences);
        amounts.getAndAdd(PREFILL_NANOS, nanos);
    }

    /** A prefill for one sequence that was placed with that amount ended. */
    public void releasePrefill(long nanos, long nowNanos) {
        releasePrefill(1, nanos, nowNanos);
    }

    /** A prefill placed with these amounts ended, by its first token or with its request. */
    public void releasePrefill(int sequences, long nanos, long nowNanos) {
        amounts.getAndAdd(PREFILLS, -1);
        amounts.getAndAdd(AWAITED, -sequences);
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

    /** Sequences of the requests in flight: one for each prompt and sample. */
    public long sequences() {
        return amounts.get(SEQUENCES);
    }

    /** Sequences in flight whose prompt is computed, so that they decode. */
    public long decoding() {
        return Math.max(0, amounts.get(SEQUENCES) - amounts.get(AWAITED));
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
