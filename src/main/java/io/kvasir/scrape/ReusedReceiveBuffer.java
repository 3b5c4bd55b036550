package io.kvasir.scrape;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.nio.ByteBuffer;

/**
 * Receives into the same direct buffer each time. Right only for one event loop whose handlers are done with what they
 * got when they return. A read goes on only while it fills the buffer, so that a page costs one system call.
 */
final class ReusedReceiveBuffer implements RecvByteBufAllocator {
    private final ByteBuf buffer;

    ReusedReceiveBuffer(int bytes) {
        buffer = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(bytes));
    }

    @Override
    @SuppressWarnings("deprecation") // Netty's interface asks for the old type; the new one is returned
    public Handle newHandle() {
        return new Reading();
    }

    private final class Reading implements ExtendedHandle {
        private int attempted;
        private int last;

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            return buffer.clear().retain();
        }

        @Override
        public int guess() {
            return buffer.capacity();
        }

        @Override
        public void reset(ChannelConfig config) {
            attempted = 0;
            last = 0;
        }

        @Override
        public void incMessagesRead(int messages) {}

        @Override
        public void lastBytesRead(int bytes) {
            last = bytes;
        }

        @Override
        public int lastBytesRead() {
            return last;
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            attempted = bytes;
        }

        @Override
        public int attemptedBytesRead() {
            return attempted;
        }

        @Override
        public boolean continueReading() {
            return attempted == last && last > 0;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
            return continueReading();
        }

        @Override
        public void readComplete() {}
    }
}
