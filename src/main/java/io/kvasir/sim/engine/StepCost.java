package io.kvasir.sim.engine;

/**
 * Seconds one engine step takes, a roofline over what the step reads and computes:
 *
 * <pre>
 * t_mem  = (weights + sum over sequences of kvBytes * context) / bandwidth
 * t_comp = (sum over prefill chunks of 2*P*u + 4*L*d*(u*c + u^2/2)  +  2*P*decodes) / flops
 * t_step = max(t_mem, t_comp) + 0.3 * min(t_mem, t_comp) + t_fixed
 * </pre>
 *
 * with {@code u} new tokens after {@code c} tokens of context, {@code P} parameters, {@code L} layers, {@code d} the
 * width of attention. 0.3 is the part of the shorter one that does not overlap, a guess.
 */
public final class StepCost {
    private static final double NOT_OVERLAPPED = 0.3;

    private final double weightSeconds;
    private final double contextTokenSeconds;
    private final double tokenSeconds;
    private final double attentionPairSeconds;
    private final double fixedSeconds;

    private double memory;
    private double compute;

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
        memory = weightSeconds;
        compute = 0;
    }

    /** Adds a sequence that computes {@code tokens} prompt tokens after {@code context} tokens. */
    void prefill(int tokens, int context) {
        memory += contextTokenSeconds * (context + tokens);
        compute += tokenSeconds * tokens + attentionPairSeconds * ((double) tokens * context + 0.5 * tokens * tokens);
    }

    /** Adds a sequence that computes its next output token after {@code context} tokens. */
    void decode(int context) {
        memory += contextTokenSeconds * context;
        compute += tokenSeconds;
    }

    /** Seconds of the step added up since {@link #begin}. */
    double seconds() {
        return Math.max(memory, compute) + NOT_OVERLAPPED * Math.min(memory, compute) + fixedSeconds;
    }

    /** Seconds of computing {@code tokens} prompt tokens after {@code context} tokens, whatever else a step does. */
    double computeSeconds(int tokens, int context) {
        return tokenSeconds * tokens + attentionPairSeconds * ((double) tokens * context + 0.5 * tokens * tokens);
    }

    /** Seconds of a step in which {@code sequences} decode over {@code context} tokens in all. */
    double stepSeconds(double context, double sequences) {
        return stepSeconds(context, sequences, 0);
    }

    /** The same of one that also takes {@code prefill} seconds of computing. */
    double stepSeconds(double context, double sequences, double prefill) {
        double reading = weightSeconds + contextTokenSeconds * context;
        double computing = tokenSeconds * sequences + prefill;
        return Math.max(reading, computing) + NOT_OVERLAPPED * Math.min(reading, computing) + fixedSeconds;
    }

    /** Seconds of a step that computes {@code tokens} prompt tokens after {@code context} tokens, alone. */
    public double prefillSeconds(int tokens, int context) {
        begin();
        prefill(tokens, context);
        return seconds();
    }

    /** Seconds of a step in which {@code sequences} decode, each after {@code context} tokens. */
    public double decodeSeconds(int sequences, int context) {
        begin();
        for (int i = 0; i < sequences; i++) {
            decode(context);
        }
        return seconds();
    }
}
