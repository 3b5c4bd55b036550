package io.kvasir.scrape;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EndpointSpec;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
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
    private final ResponseReader response = new ResponseReader(this::body);
    private final ByteBuf[] questions = new ByteBuf[ProbeKind.values().length];
    private final Received received = new Received();
    private final Ends ends = new Ends();

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
        return wiring.bootstrap().clone().handler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel made) {
                if (tls != null) {
                    made.pipeline().addLast(tls.newHandler(made.alloc(), host, port));
                }
                made.pipeline().addLast(received, response.decoder(), ends);
            }
        });
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

    private void body(ByteBuf bytes) {
        var question = awaited();
        byte[] scratch = wiring.scratch();
        while (question != null && response.status() == 200 && bytes.isReadable()) {
            int count = Math.min(bytes.readableBytes(), scratch.length);
            bytes.readBytes(scratch, 0, count);
            listener.body(question, scratch, 0, count);
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

    /** Before the decoder; serves one channel after the other. */
    @Sharable
    private final class Received extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (!isCurrent(context.channel())) {
                ReferenceCountUtil.release(message);
            } else if (idle()) {
                // an answer that nobody asked for: the one before did not end where it said
                ReferenceCountUtil.release(message);
                drop();
            } else {
                long began = System.nanoTime();
                context.fireChannelRead(message);
                listener.read(System.nanoTime() - began);
                conclude();
            }
        }
    }

    /** Behind the decoder, to which nothing comes but how the channel ends; serves one channel after the other. */
    @Sharable
    private final class Ends extends ChannelInboundHandlerAdapter {
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
