package io.kvasir.scrape;

import io.kvasir.pool.EndpointSpec;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/** A {@link Conversation} by Netty's HTTP codec, with what it needs and no more: a body is handed on piece by piece. */
final class CodecConversation extends Conversation {
    private final String[] paths = new String[ProbeKind.values().length];
    private int status;
    private long bodyBytes;
    private boolean keepAlive;
    private boolean untouched;

    CodecConversation(Wiring wiring, String host, int port, Listener listener) {
        super(wiring, host, port, listener);
    }

    @Override
    void path(ProbeKind question, String path) {
        paths[question.ordinal()] = path;
    }

    @Override
    Bootstrap connecting() {
        return wiring.bootstrap()
                .clone()
                .option(ChannelOption.RCVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(2048, 65_536, 65_536))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                        var _ = made.pipeline().addLast(new HttpClientCodec(), new Handler());
                    }
                });
    }

    @Override
    void send(Channel open, ProbeKind question) {
        untouched = true;
        bodyBytes = 0;
        var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, paths[question.ordinal()]);
        var _ = request.headers()
                .add("Host", EndpointSpec.hostPort(host, port))
                .add("User-Agent", "kvasir")
                .add("Accept", "text/plain;version=0.0.4");
        var _ = open.writeAndFlush(request, open.voidPromise());
    }

    @Override
    boolean untouched() {
        return untouched;
    }

    @Override
    void cut() {
        fail(ScrapeFailure.CUT);
    }

    private void body(ByteBuf content) {
        byte[] scratch = wiring.scratch();
        bodyBytes += content.readableBytes();
        var question = awaited();
        while (question != null && status == 200 && content.isReadable()) {
            int count = Math.min(content.readableBytes(), scratch.length);
            content.readBytes(scratch, 0, count);
            listener.body(question, scratch, 0, count);
        }
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            try {
                untouched = false;
                if (message instanceof HttpResponse response) {
                    status = response.status().code();
                    keepAlive = HttpUtil.isKeepAlive(response);
                }
                if (message instanceof HttpContent content) {
                    body(content.content());
                }
                if (message instanceof LastHttpContent) {
                    conclude(status, bodyBytes, keepAlive);
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            ended(context.channel());
        }
    }
}
