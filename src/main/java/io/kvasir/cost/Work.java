package io.kvasir.cost;

import io.kvasir.request.Request;

/**
 * What one request asks of an engine. A list of prompts is so many prefills, which share nothing but what is equal; each
 * prompt decodes as many sequences as samples are wanted, which share its prefill.
 *
 * @param promptTokens of all prompts
 * @param repeatedTokens of them, those of prompts that stand in the list already; computed once
 * @param prompts independent prompts, 1 or more
 * @param sequences that decode at once: prompts times samples; 0 where nothing is generated
 * @param outputTokens expected of each sequence; 0 where nothing is generated
 */
public record Work(double promptTokens, double repeatedTokens, int prompts, int sequences, double outputTokens) {
    /** Sequences of one request that count: what one body can ask for has no end. */
    private static final long MOST_SEQUENCES = 1 << 20;

    /** Nothing to do. */
    public static final Work NONE = new Work(0, 0, 1, 0, 0);

    /**
     * The work of a request.
     *
     * @param outputTokens expected of each sequence
     */
    public static Work of(Request request, double outputTokens) {
        var prompt = request.prompt();
        int prompts = Math.max(1, prompt.prompts());
        boolean generates = request.dialect().generates();
        return new Work(
                request.promptTokens(),
                request.promptTokens() * prompt.repeatedShare(),
                prompts,
                generates ? (int) Math.min(MOST_SEQUENCES, (long) prompts * request.samples()) : 0,
                generates ? outputTokens : 0);
    }

    /** The part of it that one endpoint does for another: one token behind each prompt. */
    public Work prefillOnly() {
        return new Work(promptTokens, repeatedTokens, prompts, prompts, 1);
    }

    /** Tokens of all sequences together. */
    public double allOutputTokens() {
        return sequences * outputTokens;
    }

    /** Tokens whose KV it holds in the end. */
    public double kvTokens() {
        return promptTokens - repeatedTokens + allOutputTokens();
    }

    /** Prompt tokens to compute where {@code cached} of the first prompt are held. */
    public double uncachedTokens(double cached) {
        return Math.max(0, promptTokens - repeatedTokens - cached);
    }

    /** Tokens that its sequences attend to in a step, on average while they decode: each its prompt, and half its output. */
    public double attendedTokens() {
        return sequences * (promptTokens / prompts + outputTokens / 2);
    }
}
