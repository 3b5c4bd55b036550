package io.kvasir.sim.engine;

/** Told what becomes of an engine's cache, by the thread that steps it. */
public interface CacheListener {
    /** Cares for nothing. */
    CacheListener NONE = new CacheListener() {};

    /** Full blocks {@code from} to {@code to} - 1 of a sequence can be found from now on. */
    default void stored(Sequence sequence, int from, int to) {}

    /** A block can be found no more. */
    default void removed(long hash) {}

    /** Nor can it for the layers that look back over a window, which {@link #stored} is told of with the others. */
    default void removedFromWindow(long hash) {}

    /** No block can be found. */
    default void cleared() {}

    /** A step that computes something has been scheduled. */
    default void stepped() {}
}
