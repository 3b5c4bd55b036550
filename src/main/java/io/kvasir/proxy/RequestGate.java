package io.kvasir.proxy;

import io.kvasir.route.BodyBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpMessageDecoderResult;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets the requests of one connection through one at a time. The next one begins when the answer to the one before it is
 * written and the client reads; until then its bytes wait here unparsed, and beyond {@value #MOST_HELD} of them the
 * connection is not read. A few requests that came in one piece begin in one turn of the event loop, then others have
 * theirs.
 *
 * <pre>
 * socket ──► received ──► decoder ──► messages ──► connection
 * </pre>
 *
 * The decoder is made to stop after the message it is at as soon as one has to wait, so that at most two parsed requests
 * and one read's bytes are in it.
 */
final class RequestGate {
    /** Bytes that wait for a request in progress; with more the connection is no longer read. */
    static final int MOST_HELD = 16 << 10;

    private static final int MOST_A_TURN = 16;
    /**
     * Reads of a connection before others have theirs, a quarter of what Netty does: 64 KiB can be ten thousand chunks of
     * one byte, which take some 10 ms.
     */
    private static final int READS_A_TURN = 4;

    /** Bytes of a head that are in no budget. */
    private static final int SMALL_HEAD = 4 << 10;

    private final Channel channel;
    private final BodyBudget budget;
    private final Runnable crowded;
    private final BooleanSupplier idle;
    private final Runnable beginning;
    private final Received received = new Received();
    private final Messages messages = new Messages();
    private final ByteToMessageDecoder decoder;
    private final ArrayDeque<Object> held = new ArrayDeque<>(0);
    private @Nullable ByteBuf heldBytes;
    /** Bytes of the head that comes, and those of heads and of what waits that are charged. */
    private long head;

    private long charged;

    /** Whether the request that began last has come whole. */
    private boolean complete = true;
    /** Whether the client takes it for the last one of the connection: what follows is no request. */
    private boolean last;

    private boolean scheduled;
    private int begun;

    /**
     * Stands before the connection that the channel's last handler is.
     *
     * @param budget charged with long heads until their request is over, and with what waits
     * @param crowded told where there is no room for a head
     * @param idle whether no request is in progress
     * @param beginning told of bytes that come while none is
     */
    RequestGate(Channel channel, BodyBudget budget, Runnable crowded, BooleanSupplier idle, Runnable beginning) {
        this.channel = channel;
        this.budget = budget;
        this.crowded = crowded;
        this.idle = idle;
        this.beginning = beginning;
        if (channel.config().getRecvByteBufAllocator() instanceof MaxMessagesRecvByteBufAllocator reads) {
            reads.maxMessagesPerRead(READS_A_TURN);
        }
        var pipeline = channel.pipeline();
        decoder = (ByteToMessageDecoder) pipeline.get("httpDecoder");
        pipeline.addFirst(received);
        pipeline.addBefore("handler", "gate", messages);
    }

    /** Whether something of a further request has come and waits. */
    boolean holds() {
        return heldBytes != null || !held.isEmpty();
    }

    /** A request is over: the next one may begin. */
    void release() {
        head = 0;
        charge();
        next();
    }

    /** Brings the budget to what is held now. Returns whether there was room. */
    private boolean charge() {
        long now = (head > SMALL_HEAD ? head : 0) + (heldBytes == null ? 0 : heldBytes.capacity());
        long more = now - charged;
        if (more == 0) {
            return true;
        }
        charged = now;
        if (more > 0 && budget.tryReserve(more, 0)) {
            return true;
        }
        budget.reserve(more);
        return more < 0;
    }

    private void next() {
        if (!scheduled && !last && holds()) {
            scheduled = true;
            channel.eventLoop().execute(this::turn);
        }
    }

    private boolean mayBegin() {
        return !last && begun < MOST_A_TURN && idle.getAsBoolean() && channel.isWritable();
    }

    private void turn() {
        scheduled = false;
        begun = 0;
        if (!channel.isActive() || !mayBegin()) {
            return;
        }
        messages.passHeld();
        if (held.isEmpty()) {
            decoder.setSingleDecode(false);
            var next = heldBytes == null ? Unpooled.EMPTY_BUFFER : heldBytes;
            heldBytes = null;
            charge();
            boolean some = next.isReadable();
            received.pass(next);
            if (some && idle.getAsBoolean()) {
                beginning.run();
            }
        }
        if (!holds()) {
            channel.config().setAutoRead(true);
        } else if (begun >= MOST_A_TURN) {
            next();
        }
    }

    /** What the socket brings. */
    private final class Received extends ChannelInboundHandlerAdapter {
        private @Nullable ChannelHandlerContext context;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (holds() || complete && (last || !idle.getAsBoolean())) {
                hold((ByteBuf) message);
            } else {
                beginning.run();
                if (room((ByteBuf) message)) {
                    ctx.fireChannelRead(message);
                }
            }
        }

        /** Counts bytes of a head; where there is no room for it, the connection is over. */
        private boolean room(ByteBuf more) {
            if (!complete) {
                return true;
            }
            head += more.readableBytes();
            if (head <= SMALL_HEAD || charge()) {
                return true;
            }
            more.release();
            crowded.run();
            return false;
        }

        private void hold(ByteBuf more) {
            try {
                if (heldBytes == null) {
                    heldBytes = channel.alloc().directBuffer(more.readableBytes());
                }
                heldBytes.writeBytes(more);
            } finally {
                more.release();
            }
            charge();
            if (heldBytes.readableBytes() > MOST_HELD) {
                channel.config().setAutoRead(false);
            }
        }

        private void pass(ByteBuf more) {
            var ctx = context;
            if (ctx != null) {
                ctx.fireChannelRead(more);
                // what was answered meanwhile is flushed with it
                ctx.fireChannelReadComplete();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (begun >= MOST_A_TURN) {
                next();
            } else {
                begun = 0;
            }
            ctx.fireChannelReadComplete();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (heldBytes != null) {
                heldBytes.release();
                heldBytes = null;
            }
            head = 0;
            charge();
        }
    }

    /** What the decoder makes of it. */
    private final class Messages extends ChannelInboundHandlerAdapter {
        private @Nullable ChannelHandlerContext context;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (held.isEmpty() && (!(message instanceof HttpRequest) || mayBegin())) {
                pass(ctx, message);
            } else {
                held.add(message);
                decoder.setSingleDecode(true);
            }
        }

        private void pass(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest request) {
                begun++;
                complete = false;
                head = request.decoderResult() instanceof HttpMessageDecoderResult size ? size.totalSize() : 0;
                charge();
                last = !HttpUtil.isKeepAlive(request);
            }
            if (message instanceof LastHttpContent) {
                complete = true;
            }
            ctx.fireChannelRead(message);
        }

        private void passHeld() {
            var ctx = context;
            while (ctx != null && !held.isEmpty() && (!(held.peek() instanceof HttpRequest) || mayBegin())) {
                pass(ctx, held.remove());
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (channel.isWritable()) {
                next();
            }
            ctx.fireChannelWritabilityChanged();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            held.forEach(ReferenceCountUtil::release);
            held.clear();
        }
    }
}
