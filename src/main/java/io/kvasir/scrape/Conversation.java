package io.kvasir.scrape;

import io.kvasir.pool.EndpointSpec;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One kept-alive HTTP/1.1 connection to one server, made when something is asked and made anew when it broke. One
 * question at a time; each is answered or failed exactly once, on the event loop.
 *
 * <pre>
 *   no channel --ask--> connecting --connected--> awaiting --answer--> open, idle --ask--> awaiting …
 *        ^                  |failed                  |timeout, cut, nonsense      |closed by the server
 *        +------------------+------------------------+----------------------------+
 * </pre>
 *
 * <p>A server may close an idle connection just when a question is under way. So a question that was cut on a used
 * connection before any byte of an answer is asked once more on a new one.
 */
final class Conversation extends ChannelInboundHandlerAdapter {
    /** Told how questions went, on the event loop. */
    interface Listener {
        /** Bytes of an answer's body. */
        void body(Ask ask, byte[] bytes, int offset, int length);

        /** A complete answer of {@code bodyBytes}. */
        void answered(Ask ask, int status, long bodyBytes, long askedNanos);

        void failed(Ask ask, ScrapeFailure why);

        /** A connection was made. */
        void connected();

        /** Bytes were parsed, which took that long. */
        void read(long nanos);
    }

    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final byte[] scratch;
    private final String host;
    private final int port;
    private final @Nullable SslContext tls;
    private final long timeoutNanos;
    private final Listener listener;
    private final ResponseReader response;
    private final ResponseReader.Body body = this::body;
    private final ByteBuf[] questions = new ByteBuf[Ask.values().length];
    private @Nullable Channel channel;
    private @Nullable Ask ask;
    private long askedAt;
    private boolean used;
    private boolean again;
    private boolean refused;
    private int attempt;
    private boolean closed;

    /**
     * @param scratch where received bytes are put to be read; shared by all of the loop
     * @param tls how the port is spoken to; null for plaintext
     */
    Conversation(
            EventLoop loop,
            Bootstrap bootstrap,
            byte[] scratch,
            String host,
            int port,
            @Nullable SslContext tls,
            ScrapeSettings settings,
            Listener listener) {
        this.loop = loop;
        this.bootstrap = bootstrap;
        this.scratch = scratch;
        this.host = host;
        this.port = port;
        this.tls = tls;
        timeoutNanos = settings.timeout().toNanos();
        this.listener = listener;
        response = new ResponseReader(settings.maxPageBytes());
    }

    /** Sets the path of a question. */
    void path(Ask ask, String path) {
        String authority = EndpointSpec.hostPort(host, port);
        String accept = ask == Ask.PAGE ? "text/plain;version=0.0.4" : "*/*";
        byte[] text = ("GET " + path + " HTTP/1.1\r\nHost: " + authority + "\r\nUser-Agent: kvasir\r\nAccept: " + accept
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        // memory that the collector frees: a conversation has no moment at which the last write is known to be done
        questions[ask.ordinal()] = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(
                ByteBuffer.allocateDirect(text.length).put(text).flip()));
    }

    /** Whether a question may be asked. */
    boolean idle() {
        return ask == null;
    }

    /** What is awaited; null if idle. */
    @Nullable
    Ask awaited() {
        return ask;
    }

    /** When what is awaited is given up; only while it is. */
    long deadline() {
        return askedAt + timeoutNanos;
    }

    /** Asks; only while {@link #idle}. */
    void ask(Ask question, long nowNanos) {
        ask = question;
        askedAt = nowNanos;
        again = false;
        send();
    }

    private void send() {
        response.begin();
        var open = channel;
        var question = ask;
        if (open == null || question == null) {
            connect();
            return;
        }
        var _ = open.writeAndFlush(questions[question.ordinal()].duplicate(), open.voidPromise());
    }

    /** Gives up what is awaited for too long. */
    void expire(long nowNanos) {
        if (ask != null && nowNanos >= deadline()) {
            fail(channel == null ? ScrapeFailure.CONNECT : ScrapeFailure.TIMEOUT);
        }
    }

    /** Ends the connection; nothing is told any more. */
    void close() {
        closed = true;
        ask = null;
        drop();
    }

    private void drop() {
        attempt++;
        var open = channel;
        channel = null;
        if (open != null) {
            var _ = open.close();
        }
    }

    private void fail(ScrapeFailure why) {
        var question = ask;
        ask = null;
        drop();
        if (question != null && !closed) {
            listener.failed(question, why);
        }
    }

    private void connect() {
        int mine = ++attempt;
        refused = false;
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            try {
                connect(mine, InetAddress.getByAddress(literal));
            } catch (UnknownHostException e) {
                fail(ScrapeFailure.CONNECT);
            }
            return;
        }
        // the JDK's resolver follows the machine's own rules but blocks
        Thread.ofVirtual().start(() -> {
            try {
                InetAddress address = InetAddress.getByName(host);
                loop.execute(() -> connect(mine, address));
            } catch (UnknownHostException e) {
                loop.execute(() -> connectFailed(mine));
            }
        });
    }

    private void connect(int mine, InetAddress address) {
        if (mine != attempt || ask == null) {
            return;
        }
        var _ = connecting().connect(new InetSocketAddress(address, port)).addListener((ChannelFuture made) -> {
            if (made.isSuccess()) {
                connected(mine, made.channel());
            } else {
                refused = mine == attempt && !(made.cause() instanceof ConnectTimeoutException);
                connectFailed(mine);
            }
        });
    }

    /** Whether the last connection that could not be made was refused, or had no way there; else it was not made in time. */
    boolean refused() {
        return refused;
    }

    private Bootstrap connecting() {
        var context = tls;
        if (context == null) {
            return bootstrap.clone().handler(this);
        }
        var initializer = new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel made) {
                made.pipeline().addLast(context.newHandler(made.alloc(), host, port), Conversation.this);
            }
        };
        // TLS keeps received bytes until a record is complete, so their buffer cannot be used again at once
        return bootstrap
                .clone()
                .option(ChannelOption.RCVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator())
                .handler(initializer);
    }

    private void connectFailed(int mine) {
        if (mine == attempt) {
            fail(ScrapeFailure.CONNECT);
        }
    }

    private void connected(int mine, Channel made) {
        if (mine != attempt || ask == null) {
            var _ = made.close();
            return;
        }
        channel = made;
        used = false;
        listener.connected();
        send();
    }

    @Override
    public boolean isSharable() {
        // serves one channel after the other
        return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        var bytes = (ByteBuf) message;
        try {
            if (isCurrent(context)) {
                read(bytes);
            }
        } finally {
            ReferenceCountUtil.release(bytes);
        }
    }

    private void read(ByteBuf bytes) {
        if (ask == null) {
            // an answer that nobody asked for: the one before did not end where it said
            drop();
            return;
        }
        long began = System.nanoTime();
        while (bytes.isReadable() && response.failure() == null) {
            int count = Math.min(bytes.readableBytes(), scratch.length);
            bytes.readBytes(scratch, 0, count);
            response.feed(scratch, 0, count, body);
        }
        listener.read(System.nanoTime() - began);
        conclude();
    }

    private void body(byte[] bytes, int offset, int length) {
        if (ask != null && response.status() == 200) {
            listener.body(ask, bytes, offset, length);
        }
    }

    private void conclude() {
        var why = response.failure();
        var question = ask;
        if (why != null) {
            fail(why);
        } else if (response.done() && question != null) {
            used = true;
            ask = null;
            if (!response.keepAlive()) {
                drop();
            }
            listener.answered(question, response.status(), response.bodyBytes(), askedAt);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!isCurrent(context)) {
            return;
        }
        channel = null;
        if (ask == null) {
            return;
        }
        if (used && !again && response.untouched()) {
            again = true;
            send();
            return;
        }
        response.closed();
        conclude();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause.getCause() instanceof SSLException) {
            if (isCurrent(context)) {
                fail(ScrapeFailure.TLS);
            }
            var _ = context.close();
        } else if (cause instanceof IOException) {
            var _ = context.close();
        } else {
            // a fault of ours must not leave the question open
            if (isCurrent(context)) {
                fail(ScrapeFailure.MALFORMED);
            }
            var _ = context.close();
        }
    }

    private boolean isCurrent(ChannelHandlerContext context) {
        return context.channel().equals(channel);
    }
}
