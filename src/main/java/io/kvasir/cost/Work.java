package io.kvasir.cost;

import io.kvasir.request.Request;

/**
 * What one request asks of an engine. A list of prompts is so many prefills, which share nothing but what is equal; each
 * prompt decodes as many sequences as samples are wanted, which share its prefill.
 */
public final class Work {
    /** Sequences of one request that count: what one body can ask for has no end. */
    private static final long MOST_SEQUENCES = 1 << 20;

    /** Nothing to do. */
    public static final Work NONE = new Work(0, 0, 1, 0, 0);

    private final double promptTokens;
    private final double newTokens;
    private final int prompts;
    private final int sequences;
    private final double outputTokens;
    private final double kvTokens;
    private final double attendedTokens;
    private final double shareOfPrompt;

    /**
     * So much work.
     *
     * @param promptTokens of all prompts
     * @param repeatedTokens of them, those of prompts that stand in the list already; computed once
     * @param prompts independent prompts, 1 or more
     * @param sequences that decode at once: prompts times samples; 0 where nothing is generated
     * @param outputTokens expected of each sequence; 0 where nothing is generated
     */
    public Work(double promptTokens, double repeatedTokens, int prompts, int sequences, double outputTokens) {
        this.promptTokens = promptTokens;
        this.prompts = prompts;
        this.sequences = sequences;
        this.outputTokens = outputTokens;
        // what every candidate is asked for is worked out once
        newTokens = promptTokens - repeatedTokens;
        kvTokens = newTokens + sequences * outputTokens;
        attendedTokens = sequences * (promptTokens / prompts + outputTokens / 2);
        shareOfPrompt = 1.0 / prompts;
    }

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
        return new Work(promptTokens, promptTokens - newTokens, prompts, prompts, 1);
    }

    /** Tokens of all prompts. */
    public double promptTokens() {
        return promptTokens;
    }

    /** Independent prompts, 1 or more. */
    public int prompts() {
        return prompts;
    }

    /** Sequences that decode at once; 0 where nothing is generated. */
    public int sequences() {
        return sequences;
    }

    /** Tokens expected of each sequence; 0 where nothing is generated. */
    public double outputTokens() {
        return outputTokens;
    }

    /** Tokens of all sequences together. */
    public double allOutputTokens() {
        return sequences * outputTokens;
    }

    /** Tokens whose KV it holds in the end. */
    public double kvTokens() {
        return kvTokens;
    }

    /** Prompt tokens to compute where {@code cached} of the first prompt are held. */
    public double uncachedTokens(double cached) {
        double uncached = newTokens - cached;
        return uncached > 0 ? uncached : 0;
    }

    /** Pairs of tokens in the attention of its prompts where {@code cached} tokens of the first are held. */
    public double pairs(double cached) {
        double uncached = uncachedTokens(cached);
        return uncached * (Math.min(cached, promptTokens) + uncached / 2) * shareOfPrompt;
    }

    /** Tokens that its sequences attend to in a step, on average while they decode: each its prompt, and half its output. */
    public double attendedTokens() {
        return attendedTokens;
    }

    /** Share of the prompt tokens that one of them attends to: those of its own prompt, on average. */
    double shareOfPrompt() {
        return shareOfPrompt;
    }
}
