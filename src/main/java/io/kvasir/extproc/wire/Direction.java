package io.kvasir.extproc.wire;

/** Which way an HTTP message goes: the two are independent of each other on one stream. */
public enum Direction {
    /** From the client to the engine. */
    REQUEST,
    /** From the engine to the client. */
    RESPONSE
}
