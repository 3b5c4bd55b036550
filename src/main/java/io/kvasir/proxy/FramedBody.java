package io.kvasir.proxy;

import io.netty.buffer.ByteBuf;

/**
 * Takes the body of an answer as it came, chunk sizes included, so that it can be passed on as it is. On the event loop of
 * the connection.
 */
interface FramedBody extends ChunkFraming.Sink {
    /** Takes the bytes over, whose chunks' content was told before. */
    void framed(ByteBuf bytes);

    /** Nothing further is taken over: what follows comes another way, behind these bytes. */
    void over();

    /** All that had come was told. */
    void flushFramed();
}
