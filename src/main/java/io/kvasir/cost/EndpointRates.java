package io.kvasir.cost;

import io.kvasir.pool.HardwareClass;

/**
 * How fast one endpoint is with one model. Shapes of the formulas: docs/time-model.md; layers follow one another, so that
 * attention hides behind nothing and the reading of weights only behind what is computed with them.
 *
 * @param overheadSeconds fixed part of a time to first token
 * @param tokenSeconds prefill time of one token without attention
 * @param attentionSeconds attention time of one token pair
 * @param weightSeconds reading all weights once
 * @param contextSeconds reading the KV of one token once, for who decodes
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

    /** Seconds that one token takes of a prompt of so many tokens, among a chunk of others. */
    double tokenOfPromptSeconds(double promptTokens) {
        return linearSeconds(prefillChunk) / prefillChunk + attentionSeconds * promptTokens / 2;
    }

    /** Steps in which so many prompt tokens are computed. */
    public long chunks(double uncached) {
        return uncached <= prefillChunk ? 1 : (long) Math.ceil(uncached / prefillChunk);
    }

    /** The same of tokens that attend to no more than that share of them: those of their own prompt in a list of several. */
    double prefillSeconds(double share, double uncached, double cached, double context) {
        return prefillSeconds(share, uncached, chunks(uncached), cached, context);
    }

    /** The same in so many steps. */
    double prefillSeconds(double share, double uncached, long chunks, double cached, double context) {
        double each = chunks == 1 ? uncached : uncached / chunks;
        return overheadSeconds
                + chunks * (stepSeconds + linearSeconds(each) + contextSeconds * context)
                + attentionSeconds * uncached * (cached + uncached / 2) * share;
    }

    /** Seconds between two tokens of a sequence while {@code sequences} with {@code context} tokens in all decode. */
    public double interTokenSeconds(double sequences, double context) {
        return stepSeconds + linearSeconds(sequences) + contextSeconds * context;
    }

    /** Seconds that a stretch of decoding takes, with the prompts computed along with it. */
    public double decodingSeconds(Decoding stretch) {
        double mixed = stretch.mixedSteps();
        double sequences = stretch.sequences();
        double seconds = stretch.steps() * (stepSeconds + contextSeconds * stretch.context())
                + (stretch.steps() - mixed) * linearSeconds(sequences)
                + attentionSeconds * stretch.promptPairs();
        return mixed <= 0 ? seconds : seconds + mixed * linearSeconds(sequences + stretch.promptTokens() / mixed);
    }

    /** What all layers but attention take of a step with so many tokens: reading the weights, or computing with them. */
    private double linearSeconds(double tokens) {
        double computing = tokenSeconds * tokens;
        return computing > weightSeconds ? computing : weightSeconds;
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
     * What {@link #prefillSeconds} is made of, each part by the rates of {@code believed}; by these it is whether weights are
     * read or computed with for longer.
     */
    void prefillParts(
            EndpointRates believed, double share, double uncached, double cached, double context, double[] parts) {
        double steps = chunks(uncached);
        boolean computes = computes(uncached / steps);
        parts[0] = believed.overheadSeconds;
        parts[1] = computes ? believed.tokenSeconds * uncached : 0;
        parts[2] = believed.attentionSeconds * uncached * (cached + uncached / 2) * share;
        parts[3] = computes ? 0 : steps * believed.weightSeconds;
        parts[4] = steps * believed.contextSeconds * context;
        parts[5] = steps * believed.stepSeconds;
    }

    /** What {@link #decodingSeconds} is made of, in the same way. */
    void decodingParts(EndpointRates believed, Decoding stretch, double[] parts) {
        double mixed = stretch.mixedSteps();
        double pure = stretch.steps() - mixed;
        double sequences = stretch.sequences();
        boolean computes = computes(sequences);
        boolean mixedComputes = mixed > 0 && computes(sequences + stretch.promptTokens() / mixed);
        double computed =
                (computes ? pure : 0) * sequences + (mixedComputes ? mixed * sequences + stretch.promptTokens() : 0);
        parts[0] = 0;
        parts[1] = believed.tokenSeconds * computed;
        parts[2] = believed.attentionSeconds * stretch.promptPairs();
        parts[3] = believed.weightSeconds * ((computes ? 0 : pure) + (mixedComputes ? 0 : mixed));
        parts[4] = believed.contextSeconds * stretch.steps() * stretch.context();
        parts[5] = believed.stepSeconds * stretch.steps();
    }

    private boolean computes(double tokens) {
        return tokenSeconds * tokens > weightSeconds;
    }
}
