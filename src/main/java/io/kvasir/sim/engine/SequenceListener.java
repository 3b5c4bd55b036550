package io.kvasir.sim.engine;

/** Hears what becomes of a sequence. Called from within {@link Engine#step}; it may submit and abort. */
public interface SequenceListener {
    /**
     * A token was generated.
     *
     * @param sequence its sequence
     * @param index of the token in the output, from 0
     * @param atNanos when the step that computed it ended, on the engine's clock
     */
    void onToken(Sequence sequence, int index, long atNanos);

    /** The sequence generated its last token and left the engine. Not called for an aborted one. */
    void onFinish(Sequence sequence, long atNanos);
}
