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

        @Override
        long block(long chain, long first, int place) {
            return chain;
        }
    },
    /** Runs of tokens of pieces that are known by their number, see {@link PieceBuilder}. */
    PIECES {
        @Override
        long generated(long chain, long answer, int from, int until) {
            return from == until ? chain : PieceBuilder.run(chain, answer, from, until - from);
        }

        @Override
        long block(long chain, long first, int place) {
            return PieceBuilder.block(chain, first, place);
        }
    };

    /**
     * The chain after tokens {@code from} to {@code until} - 1 of an answer.
     *
     * @param chain before them
     * @param answer the seed of the answer
     */
    abstract long generated(long chain, long answer, int from, int until);

    /**
     * The hash of a full block.
     *
     * @param chain after it
     * @param first the hash of the first block of the {@link PieceBuilder#TOGETHER} that this one is of
     * @param place of the block among those of prompt and answer
     */
    abstract long block(long chain, long first, int place);
}
