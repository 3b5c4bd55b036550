package io.kvasir.sim.engine;

/** Hears what becomes of a sequence. Called from within {@link Engine#step}; it may submit and abort, if the engine counts distributions. */
public interface SequenceListener {
    /**
     * A token was generated.
     *
     * @param sequence its sequence
     * @param index of the token in the output, from 0
     * @param atNanos when the step that computed it ended, on the engine's clock
     */
    void onToken(Sequence sequence, int index, long atNanos);

    /**
     * Tokens were generated one by one, and are told of together.
     *
     * @param from the index of the first of them
     * @param atNanos when each of them was, from 0 on; only until this returns
     * @param count how many
     */
    default void onTokens(Sequence sequence, int from, long[] atNanos, int count) {
        for (int i = 0; i < count; i++) {
            onToken(sequence, from + i, atNanos[i]);
        }
    }

    /** The sequence generated its last token and left the engine. Not called for an aborted one. */
    void onFinish(Sequence sequence, long atNanos);
}
