package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The router's own books of what it placed on one endpoint and has not seen end. Every amount added for a request is
 * taken away again exactly once, so that all figures are 0 when nothing is in flight. They sit together, away from other
 * endpoints'. Safe for any thread.
 */
@SuppressWarnings("unused") // room behind the amounts, as CacheLine has it before them
public final class EndpointLoad extends LoadAmounts {
    private long after0;
    private long after1;
    private long after2;
    private long after3;
    private long after4;
    private long after5;
    private long after6;
    private long after7;
    /** Written once a request, and not read by who chooses. */
    private final AtomicLong prefilledNanos = new AtomicLong();

    private final AtomicLong prefillSteps = new AtomicLong();
    private final AtomicLong prefilledTokens = new AtomicLong();
    private final AtomicLong prefilledPairs = new AtomicLong();
    private final UnseenPrefills unseen = new UnseenPrefills();

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
        add(REQUESTS, 1);
        add(SEQUENCES, sequences);
        add(PROMPT_TOKENS, promptTokens);
        add(OUTPUT_TOKENS, outputTokens);
    }

    /** A request of one sequence that was placed with these amounts ended. */
    public void release(long promptTokens, long outputTokens) {
        release(1, promptTokens, outputTokens);
    }

    /** A request that was placed with these amounts ended. */
    public void release(int sequences, long promptTokens, long outputTokens) {
        add(REQUESTS, -1);
        add(SEQUENCES, -sequences);
        add(PROMPT_TOKENS, -promptTokens);
        add(OUTPUT_TOKENS, -outputTokens);
    }

    /** A prefill for one sequence was placed that is expected to take {@code nanos}. */
    public void placePrefill(long nanos, long nowNanos) {
        placePrefill(1, nanos, nowNanos);
    }

    /** A prefill was placed that {@code sequences} await and that is expected to take {@code nanos}. */
    public void placePrefill(int sequences, long nanos, long nowNanos) {
        if (add(PREFILLS, 1) == 0) {
            prefillingSince = nowNanos;
        }
        add(AWAITED, sequences);
        add(PREFILL_NANOS, nanos);
    }

    /** A prefill for one sequence that was placed with that amount ended. */
    public void releasePrefill(long nanos, long nowNanos) {
        releasePrefill(1, nanos, nowNanos);
    }

    /** A prefill placed with these amounts ended, by its first token or with its request. */
    public void releasePrefill(int sequences, long nanos, long nowNanos) {
        add(PREFILLS, -1);
        add(AWAITED, -sequences);
        add(PREFILL_NANOS, -nanos);
        prefillingSince = nowNanos;
    }

    /**
     * A prefill was computed.
     *
     * @param nanos that it was expected to take
     * @param steps in which it was
     * @param tokens computed
     * @param pairs of tokens in their attention
     */
    public void prefilled(long nanos, long steps, long tokens, long pairs) {
        prefilledNanos.getAndAdd(nanos);
        prefillSteps.getAndAdd(steps);
        prefilledTokens.getAndAdd(tokens);
        prefilledPairs.getAndAdd(pairs);
    }

    /** Those of the prefills in flight whose end will not show. */
    public UnseenPrefills unseen() {
        return unseen;
    }

    /** Expected time in ns of all prefills that were computed. */
    public long prefilledNanos() {
        return prefilledNanos.get();
    }

    /** Steps of all prefills that were computed. */
    public long prefillSteps() {
        return prefillSteps.get();
    }

    /** Tokens of all prefills that were computed. */
    public long prefilledTokens() {
        return prefilledTokens.get();
    }

    /** Pairs of tokens in the attention of all prefills that were computed. */
    public long prefilledPairs() {
        return prefilledPairs.get();
    }

    /** When the prefill that is first in line now is taken to have started: the last one ended, or none was there. */
    public long prefillingSinceNanos() {
        return prefillingSince;
    }

    /** Requests in flight. */
    public long requests() {
        return requests;
    }

    /** Sequences of the requests in flight: one for each prompt and sample. */
    public long sequences() {
        return sequences;
    }

    /** Sequences in flight whose prompt is computed, so that they decode. */
    public long decoding() {
        return Math.max(0, sequences - awaited);
    }

    /** Prompt tokens of the requests in flight. */
    public long promptTokens() {
        return promptTokens;
    }

    /** Output tokens expected of the requests in flight. */
    public long outputTokens() {
        return outputTokens;
    }

    /** Tokens that the requests in flight hold in the KV cache on average while they run: half of their output is there. */
    public double heldTokens() {
        return Math.max(0, promptTokens() + outputTokens() / 2.0);
    }

    /** Expected time in ns of the prefills in flight. */
    public long prefillNanos() {
        return prefillNanos;
    }

    /** Requests in flight whose first token is still awaited. */
    public long prefills() {
        return prefills;
    }
}
