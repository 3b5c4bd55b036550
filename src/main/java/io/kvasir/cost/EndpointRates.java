package io.kvasir.cost;

import io.kvasir.pool.HardwareClass;

/**
 * How fast one endpoint is with one model. Shapes of the formulas: docs/time-model.md; an engine step is
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

    /** Steps in which so many prompt tokens are computed. */
    public long chunks(double uncached) {
        return (long) Math.max(1, Math.ceil(uncached / prefillChunk));
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

    /** Seconds that a stretch of decoding takes, with the prompts computed along with it. */
    public double decodingSeconds(Decoding stretch) {
        double mixed = stretch.mixedSteps();
        double memory = weightSeconds + contextSeconds * stretch.context();
        double decode = tokenSeconds * stretch.sequences();
        double seconds = stretch.steps() * stepSeconds + (stretch.steps() - mixed) * overlapped(memory, decode);
        return mixed <= 0 ? seconds : seconds + mixed * overlapped(memory, decode + promptSeconds(stretch) / mixed);
    }

    /** Computing of the prompts in a stretch of decoding. */
    private double promptSeconds(Decoding stretch) {
        return tokenSeconds * stretch.promptTokens() + attentionSeconds * stretch.promptPairs();
    }

    /** The same where each part takes as many times as long as was found out. */
    EndpointRates scaled(RateFit fit) {
        return new EndpointRates(
                overheadSeconds * fit.scale(0),
                tokenSeconds * fit.scale(1),
                attentionSeconds * fit.scale(2),
                weightSeconds * fit.scale(3),
                contextSeconds * fit.scale(4),
                stepSeconds * fit.scale(5),
                prefillChunk);
    }

    /** How many times as long each part takes as by others, in the order in which they stand here. */
    double[] over(EndpointRates others) {
        return new double[] {
            over(overheadSeconds, others.overheadSeconds),
            over(tokenSeconds, others.tokenSeconds),
            over(attentionSeconds, others.attentionSeconds),
            over(weightSeconds, others.weightSeconds),
            over(contextSeconds, others.contextSeconds),
            over(stepSeconds, others.stepSeconds)
        };
    }

    /** What takes no time by either is as was believed. */
    private static double over(double one, double other) {
        return other == 0 ? 1 : one / other;
    }

    /**
     * What {@link #prefillSeconds} is made of, each part by the rates of {@code believed}; by these it is whether memory or
     * compute binds.
     */
    void prefillParts(
            EndpointRates believed, double share, double uncached, double cached, double context, double[] parts) {
        double steps = chunks(uncached);
        double pairs = uncached * (cached + uncached / 2) * share;
        boolean computes =
                (tokenSeconds * uncached + attentionSeconds * pairs) / steps > weightSeconds + contextSeconds * context;
        double compute = computes ? 1 : NOT_HIDDEN;
        double memory = computes ? NOT_HIDDEN : 1;
        parts[0] = believed.overheadSeconds;
        parts[1] = compute * believed.tokenSeconds * uncached;
        parts[2] = compute * believed.attentionSeconds * pairs;
        parts[3] = memory * steps * believed.weightSeconds;
        parts[4] = memory * steps * believed.contextSeconds * context;
        parts[5] = steps * believed.stepSeconds;
    }

    /** What {@link #decodingSeconds} is made of, in the same way. */
    void decodingParts(EndpointRates believed, Decoding stretch, double[] parts) {
        double mixed = stretch.mixedSteps();
        double pure = stretch.steps() - mixed;
        double memory = weightSeconds + contextSeconds * stretch.context();
        double decode = tokenSeconds * stretch.sequences();
        boolean computes = decode > memory;
        boolean mixedComputes = mixed > 0 && decode + promptSeconds(stretch) / mixed > memory;
        double ofCompute = mixedComputes ? 1 : NOT_HIDDEN;
        double decoding = pure * (computes ? 1 : NOT_HIDDEN) + mixed * ofCompute;
        double reading = pure * (computes ? NOT_HIDDEN : 1) + mixed * (mixedComputes ? NOT_HIDDEN : 1);
        parts[0] = 0;
        parts[1] = believed.tokenSeconds * (decoding * stretch.sequences() + ofCompute * stretch.promptTokens());
        parts[2] = believed.attentionSeconds * ofCompute * stretch.promptPairs();
        parts[3] = reading * believed.weightSeconds;
        parts[4] = reading * believed.contextSeconds * stretch.context();
        parts[5] = stretch.steps() * believed.stepSeconds;
    }

    private static double overlapped(double one, double other) {
        return Math.max(one, other) + NOT_HIDDEN * Math.min(one, other);
    }
}
