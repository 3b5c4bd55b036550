package io.kvasir.prefix;

import io.kvasir.request.PromptSink;

/**
 * Makes keys of a prompt from what it hears of it. Used by one thread at a time, and again for prompt after prompt: keys
 * that it made are valid until the next {@link #reset}.
 */
public interface KeySource extends PromptSink {

    /**
     * Another prompt comes, whatever became of the last.
     *
     * @param wanted schemes that the pool needs; the source makes those that it can
     */
    void reset(KeySchemes wanted);

    /**
     * The prompt is complete, or as complete as it will be before the decision; what still comes is not keyed.
     *
     * @return the same until the next {@link #reset}
     */
    PromptKeys finish();
}
