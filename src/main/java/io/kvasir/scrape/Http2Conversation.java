package io.kvasir.scrape;

import io.kvasir.pool.ApiKey;
import io.kvasir.pool.EndpointSpec;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A {@link Conversation} in HTTP/2 over plaintext by prior knowledge, RFC 9113 §3.3: one stream a question. */
final class Http2Conversation extends Conversation {
    private static final int WINDOW = 1 << 20;
    private static final int MAX_HEADER_LIST = 64 << 10;

    private final @Nullable ApiKey key;
    private final Http2Headers[] questions = new Http2Headers[ProbeKind.values().length];
    private @Nullable Answer answer;

    /** @param key that questions carry; null for none */
    Http2Conversation(Wiring wiring, String host, int port, @Nullable ApiKey key, Listener listener) {
        super(wiring, host, port, listener);
        this.key = key;
    }

    @Override
    void path(ProbeKind question, String path) {
        var headers = new DefaultHttp2Headers()
                .method("GET")
                .scheme("http")
                .authority(EndpointSpec.hostPort(host, port))
                .path(path);
        headers.add("user-agent", "kvasir")
                .add("accept", question == ProbeKind.PAGE ? "text/plain;version=0.0.4" : "*/*");
        if (key != null) {
            headers.add("authorization", key.authorization());
        }
        questions[question.ordinal()] = headers;
    }

    @Override
    Bootstrap connecting() {
        return wiring.bootstrap().clone().handler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel made) {
                var settings = Http2Settings.defaultSettings()
                        .pushEnabled(false)
                        .initialWindowSize(WINDOW)
                        .maxHeaderListSize(MAX_HEADER_LIST);
                made.pipeline()
                        .addLast(
                                Http2FrameCodecBuilder.forClient()
                                        .initialSettings(settings)
                                        .build(),
                                new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()),
                                new Ending());
            }
        });
    }

    @Override
    void send(Channel open, ProbeKind question) {
        var awaited = new Answer(question, open);
        answer = awaited;
        // a connection just made has not sent its preface yet
        wiring.loop().execute(() -> open(open, awaited));
    }

    private void open(Channel connection, Answer awaited) {
        var _ = new Http2StreamChannelBootstrap(connection)
                .handler(awaited)
                .open()
                .addListener((Future<Http2StreamChannel> made) -> {
                    if (made.isSuccess()) {
                        var headers = questions[awaited.question.ordinal()];
                        var _ = made.getNow().writeAndFlush(new DefaultHttp2HeadersFrame(headers, true));
                    } else {
                        awaited.failed(ScrapeFailure.CUT);
                    }
                });
    }

    @Override
    boolean untouched() {
        return answer == null || !answer.touched;
    }

    @Override
    void cut() {
        fail(ScrapeFailure.CUT);
    }

    /** Reads the answer to one question. */
    private final class Answer extends ChannelInboundHandlerAdapter {
        private final ProbeKind question;
        private final Channel connection;
        private boolean touched;
        private int status;
        private long bodyBytes;

        Answer(ProbeKind question, Channel connection) {
            this.question = question;
            this.connection = connection;
        }

        private boolean current() {
            return this == answer && question == awaited() && isCurrent(connection);
        }

        void failed(ScrapeFailure why) {
            if (current()) {
                answer = null;
                fail(why);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            try {
                if (current()) {
                    touched = true;
                    switch (frame) {
                        case Http2HeadersFrame headers -> head(headers);
                        case Http2DataFrame data -> data(data);
                        case Http2ResetFrame _ -> failed(ScrapeFailure.CUT);
                        default -> {}
                    }
                }
            } finally {
                ReferenceCountUtil.release(frame);
            }
        }

        private void head(Http2HeadersFrame frame) {
            var told = frame.headers().status();
            if (status == 0 || status < 200) {
                status = told == null ? 0 : number(told);
                var encoding = frame.headers().get("content-encoding");
                if (status == 0) {
                    failed(ScrapeFailure.MALFORMED);
                } else if (encoding != null && !"identity".contentEquals(encoding)) {
                    failed(ScrapeFailure.ENCODED);
                }
            }
            if (frame.isEndStream()) {
                ended();
            }
        }

        private void data(Http2DataFrame frame) {
            ByteBuf bytes = frame.content();
            bodyBytes += bytes.readableBytes();
            if (bodyBytes > most(question)) {
                failed(ScrapeFailure.TOO_LARGE);
                return;
            }
            long began = System.nanoTime();
            byte[] scratch = wiring.scratch();
            while (status == 200 && bytes.isReadable()) {
                int count = Math.min(bytes.readableBytes(), scratch.length);
                bytes.readBytes(scratch, 0, count);
                listener.body(question, scratch, 0, count);
            }
            listener.read(System.nanoTime() - began);
            if (frame.isEndStream()) {
                ended();
            }
        }

        private void ended() {
            if (current()) {
                answer = null;
                conclude(status, bodyBytes, true);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (connection.isActive()) {
                failed(ScrapeFailure.CUT);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failed(ScrapeFailure.MALFORMED);
            var _ = context.close();
        }

        private static int number(CharSequence text) {
            int number = 0;
            for (int i = 0; i < text.length(); i++) {
                char digit = text.charAt(i);
                if (digit < '0' || digit > '9' || i > 2) {
                    return 0;
                }
                number = number * 10 + digit - '0';
            }
            return number;
        }
    }

    /** Hears of the connection's own end. */
    private final class Ending extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            // settings and the like, of the connection
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            ended(context.channel());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (isCurrent(context.channel())) {
                fail(ScrapeFailure.MALFORMED);
            }
            var _ = context.close();
        }
    }
}
