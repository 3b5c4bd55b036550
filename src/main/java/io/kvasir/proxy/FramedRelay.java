package io.kvasir.proxy;

import io.kvasir.route.ResponseMeter;
import io.kvasir.transport.DirectWrite;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Passes chunks on in the very bytes in which they came, for a {@link Relay} that changes nothing in them: from a chunk on
 * that comes after all before it was written, and up to the last, which is the relay's again.
 */
final class FramedRelay implements FramedBody {
    /** Most that a buffer is longer than what is passed on of it, as a factor. */
    private static final int MOST_SLACK = 4;

    private final ProxyLoop loop;
    private final Exchange exchange;
    private final Relay relay;
    private final @Nullable ResponseMeter meter;
    private final UpstreamCodec from;
    private final ChannelHandlerContext to;
    private boolean halted;
    /** What came first in this read. */
    private @Nullable ByteBuf first;

    private FramedRelay(
            ProxyLoop loop,
            Exchange exchange,
            Relay relay,
            @Nullable ResponseMeter meter,
            UpstreamCodec from,
            ChannelHandlerContext to) {
        this.loop = loop;
        this.exchange = exchange;
        this.relay = relay;
        this.meter = meter;
        this.from = from;
        this.to = to;
    }

    /**
     * Begins, where both sides speak HTTP/1.1.
     *
     * @param meter fed with the content of chunks; null for none
     * @return null where it cannot be
     */
    static @Nullable FramedRelay begin(
            ProxyLoop loop, Exchange exchange, Relay relay, UpstreamLeg leg, @Nullable ResponseMeter meter) {
        var to = exchange.answer().chunks();
        var from = to == null ? null : leg.codec();
        if (to == null || from == null) {
            return null;
        }
        var begun = new FramedRelay(loop, exchange, relay, meter, from, to);
        from.passTo(begun);
        return begun;
    }

    /**
     * The client takes no more: has the endpoint not be read, or leaves the rest to the relay, whose stream may hold what
     * must not be overtaken.
     *
     * @return false where the relay has to stop the endpoint
     */
    boolean halt() {
        if (from.isPassing()) {
            halted = true;
            from.read(false);
        } else {
            from.passTo(null);
        }
        return halted;
    }

    /** The client takes more. Returns false where nothing was halted here. */
    boolean goOn() {
        if (!halted) {
            return false;
        }
        halted = false;
        from.read(true);
        return true;
    }

    @Override
    public void payload(ByteBuf bytes, int index, int length) {
        if (!exchange.isAt(relay)) {
            return;
        }
        exchange.touch();
        loop.counts().chunk();
        if (meter == null) {
            return;
        }
        if (bytes.hasArray()) {
            meter.feed(bytes.array(), bytes.arrayOffset() + index, length);
            return;
        }
        byte[] copy = loop.copy();
        for (int done = 0; done < length; done += copy.length) {
            int n = Math.min(copy.length, length - done);
            bytes.getBytes(index + done, copy, 0, n);
            meter.feed(copy, 0, n);
        }
    }

    @Override
    public void framed(ByteBuf bytes) {
        relay.flushPending();
        if (!exchange.isAt(relay)) {
            bytes.release();
        } else if (first == null) {
            first = bytes;
        } else {
            over();
            first = bytes;
            if (!to.channel().isWritable()) {
                // a read of all that is there may be a megabyte, which a slow client would leave here
                flushFramed();
            }
        }
    }

    @Override
    public void over() {
        if (first != null) {
            var bytes = compact(first);
            first = null;
            var _ = to.write(bytes, to.voidPromise());
        }
    }

    /** Those bytes in a buffer that is not much longer, for they may wait for a slow client. */
    private ByteBuf compact(ByteBuf bytes) {
        int n = bytes.readableBytes();
        if (bytes.capacity() <= MOST_SLACK * n) {
            return bytes;
        }
        try {
            return to.alloc().directBuffer(n).writeBytes(bytes);
        } finally {
            bytes.release();
        }
    }

    @Override
    public void flushFramed() {
        var bytes = first;
        if (!exchange.isAt(relay)) {
            first = null;
            if (bytes != null) {
                bytes.release();
            }
            return;
        }
        loop.counts().write();
        if (bytes != null && DirectWrite.write(to.channel(), bytes)) {
            first = null;
            bytes.release();
            return;
        }
        over();
        to.flush();
        relay.pauseIfFull();
    }
}
