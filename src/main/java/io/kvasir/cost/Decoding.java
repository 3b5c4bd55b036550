package io.kvasir.cost;

/**
 * A stretch of decoding, and the prompts that were computed along with it. A sequence has a token with every step, whether
 * that takes a chunk of a prompt too or not, so that what the stretch takes is what its steps take.
 *
 * @param steps of the engine: tokens of each sequence
 * @param sequences that decoded, on average
 * @param context tokens that they attended to in all, on average
 * @param chunks of prompts that were computed in those steps; several can share one
 * @param promptTokens computed in them
 * @param promptPairs pairs of tokens in their attention
 */
public record Decoding(
        double steps, double sequences, double context, double chunks, double promptTokens, double promptPairs) {

    /** Steps that took at least one chunk: of so many as come by chance, some meet in one. */
    double mixedSteps() {
        return chunks <= 0 || steps <= 0 ? 0 : steps * -Math.expm1(-chunks / steps);
    }

    /** Share of its steps that took a chunk. */
    public double mixedShare() {
        return steps <= 0 ? 0 : mixedSteps() / steps;
    }
}
