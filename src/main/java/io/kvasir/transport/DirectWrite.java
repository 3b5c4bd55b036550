package io.kvasir.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;

/**
 * Gives bytes to the system without the channel's pipeline and queue, which are dearer than the call itself where a write
 * is small. On the channel's event loop, and only where no handler of its pipeline changes what is written, as TLS would.
 */
public final class DirectWrite {
    private DirectWrite() {}

    /**
     * Writes what the system takes at once, and nothing where it would overtake what is queued, where the bytes are in no
     * memory that the system can read, or where the transport has no such call. What fails writes nothing, and fails again
     * as the channel's own write does.
     *
     * @param bytes stay the caller's; the reader index moves behind what was written
     * @return whether all of them were written
     */
    public static boolean write(Channel channel, ByteBuf bytes) {
        if (!(channel instanceof EpollSocketChannel epoll) || !bytes.hasMemoryAddress()) {
            return false;
        }
        var queue = epoll.unsafe().outboundBuffer();
        if (queue == null || queue.totalPendingWriteBytes() != 0 || !(epoll.fd() instanceof Socket socket)) {
            return false;
        }
        try {
            int written = socket.sendAddress(bytes.memoryAddress(), bytes.readerIndex(), bytes.writerIndex());
            bytes.skipBytes(Math.max(0, written));
        } catch (IOException e) {
            return false;
        }
        return !bytes.isReadable();
    }
}
