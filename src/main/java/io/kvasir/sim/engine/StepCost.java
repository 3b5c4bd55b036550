package io.kvasir.sim.engine;

/**
 * Seconds one engine step takes, what it reads and computes:
 *
 * <pre>
 * t_linear    = max(weights / bandwidth, 2*P * (sum of u + decodes) / flops)
 * t_attention = sum over prefill chunks of max(4*L*d*(u*c + u^2/2) / flops, kvBytes * (c + u) / bandwidth)
 *             + sum over decoding sequences of kvBytes * context / bandwidth
 * t_step      = t_linear + t_attention + t_fixed
 * </pre>
 *
 * with {@code u} new tokens after {@code c} tokens of context, {@code P} parameters, {@code L} layers, {@code d} the
 * width of attention. Layers follow one another, so attention hides behind nothing and the reading of weights only behind
 * what is computed with them: seen on two GPUs, docs/time-model.md, "On real GPUs".
 */
public final class StepCost {
    private final double weightSeconds;
    private final double contextTokenSeconds;
    private final double tokenSeconds;
    private final double attentionPairSeconds;
    private final double fixedSeconds;

    private long tokens;
    private long contexts;
    private double attention;

    /** Costs of one model on one device. */
    public StepCost(HardwareProfile hardware, ModelProfile model) {
        var bandwidth = hardware.bandwidth() * hardware.bandwidthShare();
        var flops = hardware.flops() * hardware.flopsShare();
        weightSeconds = model.weightBytes() / bandwidth;
        contextTokenSeconds = model.kvBytesPerToken() / bandwidth;
        tokenSeconds = 2 * model.parameters() / flops;
        attentionPairSeconds = 4.0 * model.layers() * model.attentionWidth() / flops;
        fixedSeconds = hardware.fixedSeconds();
    }

    /** Starts adding up a step. */
    void begin() {
        tokens = 0;
        contexts = 0;
        attention = 0;
    }

    /** Adds a sequence that computes {@code tokens} prompt tokens after {@code context} tokens. */
    void prefill(int tokens, int context) {
        this.tokens += tokens;
        attention += attentionSeconds(tokens, context);
    }

    /** Adds a sequence that computes its next output token after {@code context} tokens. */
    void decode(int context) {
        tokens++;
        contexts += context;
    }

    /** Adds so many that do, after so many tokens of context in all. */
    void decode(int sequences, long context) {
        tokens += sequences;
        contexts += context;
    }

    /** Makes of a step in which so many sequences decode the one after it: each has a token more. */
    void next(int sequences) {
        contexts += sequences;
    }

    /** Seconds of the step added up since {@link #begin}. */
    double seconds() {
        return Math.max(weightSeconds, tokenSeconds * tokens)
                + contextTokenSeconds * contexts
                + attention
                + fixedSeconds;
    }

    /** Seconds that {@code tokens} prompt tokens attend to each other and to {@code context} tokens before them. */
    double attentionSeconds(int tokens, int context) {
        double pairs = (double) tokens * context + 0.5 * tokens * tokens;
        return Math.max(attentionPairSeconds * pairs, contextTokenSeconds * (context + tokens));
    }

    /** Seconds of a step in which {@code sequences} decode over {@code context} tokens in all. */
    double stepSeconds(double context, double sequences) {
        return stepSeconds(context, sequences, 0, 0);
    }

    /** The same of one that also takes {@code tokens} of prompts, whose attention takes {@code seconds}. */
    double stepSeconds(double context, double sequences, double tokens, double seconds) {
        double computing = tokenSeconds * (sequences + tokens);
        return Math.max(weightSeconds, computing) + contextTokenSeconds * context + seconds + fixedSeconds;
    }

    /** Seconds of a step that computes {@code tokens} prompt tokens after {@code context} tokens, alone. */
    public double prefillSeconds(int tokens, int context) {
        return stepSeconds(0, 0, tokens, attentionSeconds(tokens, context));
    }

    /** Seconds of a step in which {@code sequences} decode, each after {@code context} tokens. */
    public double decodeSeconds(int sequences, int context) {
        return stepSeconds((double) sequences * context, sequences);
    }
}
