package io.kvasir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;

/** Views of Vert.x buffers without a copy; Vert.x 4 has no other way to them than what it deprecates for 5. */
@SuppressWarnings("deprecation")
final class Bytes {
    private Bytes() {}

    /** The buffer's content as a view. */
    static ByteBuf of(Buffer buffer) {
        return buffer.getByteBuf();
    }

    /** A buffer over those bytes that can be sent more than once. */
    static Buffer wrap(ByteBuffer bytes) {
        return Buffer.buffer(Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(bytes)));
    }
}
