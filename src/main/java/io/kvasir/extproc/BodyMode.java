package io.kvasir.extproc;

import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;

/** How a proxy sends the bodies of one direction, and what it wants back. */
public enum BodyMode {
    /** Bodies are not sent. */
    NONE,
    /** Chunk by chunk, each answered before the next comes. */
    STREAMED,
    /** Whole, in one message, once the headers are answered. */
    BUFFERED,
    /** Like {@link #BUFFERED}, but cut where the proxy's buffer ends. */
    BUFFERED_PARTIAL,
    /** Chunk by chunk, both ways at once: what is not sent back is lost. */
    FULL_DUPLEX;

    /** Whether a proxy named a mode of this list. */
    static boolean known(BodySendMode mode) {
        return mode != BodySendMode.GRPC && mode != BodySendMode.UNRECOGNIZED;
    }

    /** What a proxy named; {@link #NONE} for a mode this picker does not know, which is answered message by message. */
    static BodyMode of(BodySendMode mode) {
        return switch (mode) {
            case NONE -> NONE;
            case STREAMED -> STREAMED;
            case BUFFERED -> BUFFERED;
            case BUFFERED_PARTIAL -> BUFFERED_PARTIAL;
            case FULL_DUPLEX_STREAMED -> FULL_DUPLEX;
            case GRPC, UNRECOGNIZED -> NONE;
        };
    }
}
