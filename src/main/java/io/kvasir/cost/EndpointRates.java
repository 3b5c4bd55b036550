package io.kvasir.cost;

import io.kvasir.pool.HardwareClass;

/**
 * How fast one endpoint is with one model. Shapes of the formulas: docs/architecture.md, "The time model"; an engine step is
 * bound by memory or by compute, and three tenths of the lesser are not hidden behind the greater.
 *
 * @param overheadSeconds fixed part of a time to first token
 * @param tokenSeconds prefill time of one token without attention
 * @param attentionSeconds attention time of one token pair
 * @param weightSeconds reading all weights once
 * @param contextSeconds reading the KV of one token once
 * @param stepSeconds fixed cost of an engine step
 * @param prefillChunk prompt tokens that one step takes
 */
public record EndpointRates(
        double overheadSeconds,
        double tokenSeconds,
        double attentionSeconds,
        double weightSeconds,
        double contextSeconds,
        double stepSeconds,
        int prefillChunk) {

    private static final double NOT_HIDDEN = 0.3;

    /** What the catalogue lets expect of {@code gpus} such accelerators that share a model. */
    static EndpointRates of(HardwareClass hardware, ModelShape model, double gpus) {
        double flops = hardware.flops() * gpus;
        double bandwidth = hardware.bandwidth() * gpus;
        return new EndpointRates(
                0.004 + hardware.stepSeconds(),
                2 * model.activeParameters() / flops,
                4.0 * model.layers() * model.attentionWidth() / flops,
                model.weightBytes() / bandwidth,
                model.kvBytesPerToken() / bandwidth,
                hardware.stepSeconds(),
                hardware.flops() > 500e12 ? 8192 : 2048);
    }

    /** The same of an engine that is {@code times} as fast. */
    EndpointRates faster(double times) {
        return new EndpointRates(
                overheadSeconds / times,
                tokenSeconds / times,
                attentionSeconds / times,
                weightSeconds / times,
                contextSeconds / times,
                stepSeconds / times,
                prefillChunk);
    }

    /**
     * Seconds of engine time to prefill {@code uncached} tokens behind {@code cached} ones, while sequences with {@code
     * context} tokens in all decode along.
     */
    public double prefillSeconds(double uncached, double cached, double context) {
        return prefillSeconds(1.0, uncached, cached, context);
    }

    /** The same of tokens that attend to no more than that share of them: those of their own prompt in a list of several. */
    double prefillSeconds(double share, double uncached, double cached, double context) {
        double compute = tokenSeconds * uncached + attentionSeconds * uncached * (cached + uncached / 2) * share;
        double steps = Math.ceil(uncached / prefillChunk);
        double memory = weightSeconds + contextSeconds * context;
        double perStep = compute / Math.max(1, steps);
        return overheadSeconds + steps * (stepSeconds + overlapped(memory, perStep));
    }

    /** Seconds between two tokens of a sequence while {@code sequences} with {@code context} tokens in all decode. */
    public double interTokenSeconds(double sequences, double context) {
        return stepSeconds + overlapped(weightSeconds + contextSeconds * context, tokenSeconds * sequences);
    }

    private static double overlapped(double one, double other) {
        return Math.max(one, other) + NOT_HIDDEN * Math.min(one, other);
    }
}
