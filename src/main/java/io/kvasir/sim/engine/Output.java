package io.kvasir.sim.engine;

/**
 * What an engine is to generate.
 *
 * @param tokens how many, at least 1
 * @param seed selects the text: {@link Vocabulary}
 * @param stops true if the model ends by itself after them, false if the client's limit cuts it off
 */
public record Output(int tokens, long seed, boolean stops) {
    /**
     * The answer to a prompt: its text, and its length where the client leaves that to the model, are functions of the
     * prompt and {@code variant} alone.
     *
     * @param variant tells apart the answers to one prompt: the client's seed, the choice's index
     * @param least fewest tokens
     * @param most the client's limit
     * @param exactly true if the model may not end before {@code most}
     */
    public static Output to(Prompt prompt, long variant, int least, int most, boolean exactly) {
        long seed = Mixing.finish(prompt.seed() + Mixing.finish(variant));
        if (exactly || least >= most) {
            return new Output(most, seed, false);
        }
        int from = Math.max(1, least);
        int tokens = from + (int) Math.floorMod(Mixing.finish(seed), (long) most - from + 1);
        return new Output(tokens, seed, tokens < most);
    }
}
