package io.kvasir.pool;

/** Told of endpoints that come and go, on the thread that changes the pool, and of their metrics pages. */
public interface PoolListener {

    /** An endpoint joined; the snapshot that has it is published already. */
    default void added(Endpoint endpoint) {}

    /** The description of an endpoint changed; it keeps its ordinal and books. */
    default void changed(Endpoint before, Endpoint after) {}

    /**
     * An endpoint left; the published snapshot no longer has it. Its ordinal is given to another only after all
     * listeners returned. Requests in flight may still hold it.
     */
    default void removed(Endpoint endpoint) {}

    /** A newer metrics page of an endpoint came; on the thread that read it, many times a second, so not to be blocked. */
    default void reported(Endpoint endpoint) {}
}
