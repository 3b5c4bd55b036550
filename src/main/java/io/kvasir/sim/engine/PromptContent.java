package io.kvasir.sim.engine;

/** What the chain of a prompt's hashes is made over, and goes on over when the engine generates. */
enum PromptContent {
    /** Every token: text that somebody reads. */
    TOKENS {
        @Override
        long generated(long chain, long answer, int from, int until) {
            long state = chain;
            for (int i = from; i < until; i++) {
                state = Mixing.chain(state, Vocabulary.token(answer, i));
            }
            return state;
        }
    },
    /** Runs of tokens of pieces that are known by their number, see {@link PieceBuilder}. */
    PIECES {
        @Override
        long generated(long chain, long answer, int from, int until) {
            return from == until ? chain : PieceBuilder.run(chain, answer, from, until - from);
        }
    };

    /**
     * The chain after tokens {@code from} to {@code until} - 1 of an answer.
     *
     * @param chain before them
     * @param answer the seed of the answer
     */
    abstract long generated(long chain, long answer, int from, int until);
}
