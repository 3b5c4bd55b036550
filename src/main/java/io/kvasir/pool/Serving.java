package io.kvasir.pool;

/** What is known of an endpoint and a model. */
public enum Serving {
    /** Its description or its list names it. */
    LISTED,
    /** Nobody tells what it serves. */
    UNTOLD,
    /** It is told to serve others, but may serve this one too: its list cannot be read or it takes adapters on demand. */
    MAYBE,
    /** Its list is complete and has no such name, or the engine said so. */
    NO
}
