package io.kvasir.route;

import java.util.function.BiConsumer;

/**
 * One request as a trace has it, from its head at a door to the end of its answer. Its door begins and ends it, and what the
 * router does for it is told to it in between. Nothing here blocks; it is used by one thread at a time, but for
 * {@link #on}, which any may call.
 */
public interface RequestTrace extends RouterListener {
    /** Whether it is kept, so that it is worth being told of events. */
    boolean kept();

    /** Headers, by name and value, by which whoever is asked next continues the trace, whether it is kept or not. */
    void propagate(BiConsumer<String, String> headers);

    /**
     * The door is done with the request. Only the first call counts.
     *
     * @param status of the answer; 0 where none was seen
     */
    void end(int status);
}
