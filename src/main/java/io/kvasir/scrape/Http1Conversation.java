package io.kvasir.scrape;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EndpointSpec;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** A {@link Conversation} in HTTP/1.1, plain or in TLS. */
final class Http1Conversation extends Conversation {
    private final @Nullable SslContext tls;
    private final @Nullable ApiKey key;
    private final ResponseReader response = new ResponseReader();
    private final ResponseReader.Body body = this::body;
    private final ByteBuf[] questions = new ByteBuf[ProbeKind.values().length];
    private final Handler handler = new Handler();

    /**
     * @param tls how the port is spoken to; null for plaintext
     * @param key that questions carry; null for none
     */
    Http1Conversation(
            Wiring wiring, String host, int port, @Nullable SslContext tls, @Nullable ApiKey key, Listener listener) {
        super(wiring, host, port, listener);
        this.tls = tls;
        this.key = key;
    }

    @Override
    void path(ProbeKind question, String path) {
        String authority = EndpointSpec.hostPort(host, port);
        String accept = question == ProbeKind.PAGE ? "text/plain;version=0.0.4" : "*/*";
        byte[] text = ("GET " + path + " HTTP/1.1\r\nHost: " + authority + "\r\nUser-Agent: kvasir\r\nAccept: " + accept
                        + (key == null ? "" : "\r\nAuthorization: " + key.authorization()) + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        // memory that the collector frees: a conversation has no moment at which the last write is known to be done
        questions[question.ordinal()] = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(
                ByteBuffer.allocateDirect(text.length).put(text).flip()));
    }

    @Override
    void send(Channel open, ProbeKind question) {
        response.begin(most(question));
        var _ = open.writeAndFlush(questions[question.ordinal()].duplicate(), open.voidPromise());
    }

    @Override
    Bootstrap connecting() {
        var context = tls;
        if (context == null) {
            return wiring.bootstrap().clone().handler(handler);
        }
        var initializer = new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel made) {
                made.pipeline().addLast(context.newHandler(made.alloc(), host, port), handler);
            }
        };
        // TLS keeps received bytes until a record is complete, so their buffer cannot be used again at once
        return wiring.bootstrap()
                .clone()
                .option(ChannelOption.RCVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator())
                .handler(initializer);
    }

    @Override
    boolean untouched() {
        return response.untouched();
    }

    @Override
    void cut() {
        response.closed();
        conclude();
    }

    private void read(ByteBuf bytes) {
        if (idle()) {
            // an answer that nobody asked for: the one before did not end where it said
            drop();
            return;
        }
        long began = System.nanoTime();
        byte[] scratch = wiring.scratch();
        while (bytes.isReadable() && response.failure() == null) {
            int count = Math.min(bytes.readableBytes(), scratch.length);
            bytes.readBytes(scratch, 0, count);
            response.feed(scratch, 0, count, body);
        }
        listener.read(System.nanoTime() - began);
        conclude();
    }

    private void body(byte[] bytes, int offset, int length) {
        var question = awaited();
        if (question != null && response.status() == 200) {
            listener.body(question, bytes, offset, length);
        }
    }

    private void conclude() {
        var why = response.failure();
        if (why != null) {
            fail(why);
        } else if (response.done()) {
            conclude(response.status(), response.bodyBytes(), response.keepAlive());
        }
    }

    /** Serves one channel after the other. */
    @Sharable
    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            var bytes = (ByteBuf) message;
            try {
                if (isCurrent(context.channel())) {
                    read(bytes);
                }
            } finally {
                ReferenceCountUtil.release(bytes);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            ended(context.channel());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause.getCause() instanceof SSLException) {
                if (isCurrent(context.channel())) {
                    fail(ScrapeFailure.TLS);
                }
            } else if (!(cause instanceof IOException) && isCurrent(context.channel())) {
                // a fault of ours must not leave the question open
                fail(ScrapeFailure.MALFORMED);
            }
            var _ = context.close();
        }
    }
}
