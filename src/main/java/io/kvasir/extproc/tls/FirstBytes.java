package io.kvasir.extproc.tls;

import io.kvasir.metric.MetricSink;
import io.kvasir.transport.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches how the connections of one port begin, because a gateway that cannot connect says nothing of use, and neither do
 * the libraries here. Counts what comes to nothing by its reason, and logs the first of each reason, and then one a minute.
 * A connection that closes without a byte is a probe and no failure. Nothing that a peer sent is logged.
 */
public final class FirstBytes {
    private static final String HTTP2 = "h2";
    private static final int TLS_HANDSHAKE = 0x16;
    private static final int FIRST_OF_PREFACE = 'P';
    private static final int SECOND_OF_PREFACE = 'R';
    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final String port;
    private final Consumer<String> log;
    private final LongSupplier nanoClock;
    private final LongAdder[] failed = new LongAdder[FailedConnection.values().length];
    private final LongAdder[] unsaid = new LongAdder[failed.length];
    private final AtomicLongArray quietUntil = new AtomicLongArray(failed.length);

    /**
     * @param port what the log calls the port
     * @param log where lines go
     * @param nanoClock monotonic nanoseconds
     */
    public FirstBytes(String port, Consumer<String> log, LongSupplier nanoClock) {
        this.port = port;
        this.log = log;
        this.nanoClock = nanoClock;
        long now = nanoClock.getAsLong();
        for (int i = 0; i < failed.length; i++) {
            failed[i] = new LongAdder();
            unsaid[i] = new LongAdder();
            quietUntil.set(i, now);
        }
    }

    /** Listening channels whose connections are watched, for loops of that transport. */
    public ChannelFactory<ServerChannel> channels(Transport transport) {
        return () -> {
            var channel = transport.listening();
            channel.pipeline().addLast(new Accepted());
            return channel;
        };
    }

    /** Connections that came to nothing for that reason. */
    public long failed(FailedConnection reason) {
        return failed[reason.ordinal()].sum();
    }

    void count(FailedConnection reason, @Nullable SocketAddress peer) {
        int i = reason.ordinal();
        failed[i].increment();
        long now = nanoClock.getAsLong();
        long until = quietUntil.get(i);
        if (now - until < 0 || !quietUntil.compareAndSet(i, until, now + QUIET_NANOS)) {
            unsaid[i].increment();
            return;
        }
        long more = unsaid[i].sumThenReset();
        log.accept("a connection to the " + port
                + (peer instanceof InetSocketAddress from
                        ? " from "
                                + (from.getAddress() == null
                                        ? from.getHostString()
                                        : from.getAddress().getHostAddress())
                        : "")
                + " failed: " + reason.words() + " (" + reason.code()
                + (more > 0 ? ", " + more + " more before)" : ")"));
    }

    /** Puts a watcher first into each connection's pipeline. */
    private final class Accepted extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            ((Channel) accepted).pipeline().addLast(new Beginning());
            context.fireChannelRead(accepted);
        }
    }

    /** Looks at the first bytes, then leaves the pipeline. */
    private final class Beginning extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof ByteBuf bytes && bytes.isReadable()) {
                context.pipeline().remove(this);
                var tls = context.pipeline().get(SslHandler.class);
                var peer = context.channel().remoteAddress();
                if (tls == null) {
                    plaintext(bytes, peer);
                } else {
                    tls.handshakeFuture().addListener((Future<Channel> done) -> handshaken(done, tls, peer));
                }
            }
            context.fireChannelRead(message);
        }
    }

    private void plaintext(ByteBuf bytes, SocketAddress peer) {
        int at = bytes.readerIndex();
        if (bytes.getByte(at) == TLS_HANDSHAKE) {
            count(FailedConnection.TLS, peer);
        } else if (bytes.getByte(at) != FIRST_OF_PREFACE
                || (bytes.readableBytes() > 1 && bytes.getByte(at + 1) != SECOND_OF_PREFACE)) {
            count(FailedConnection.NOT_HTTP2, peer);
        }
    }

    private void handshaken(Future<Channel> done, SslHandler tls, SocketAddress peer) {
        if (!done.isSuccess()) {
            count(FailedConnection.of(done.cause()), peer);
        } else if (!HTTP2.equals(tls.applicationProtocol())) {
            count(FailedConnection.NO_ALPN, peer);
        }
    }

    /**
     * Declares what came to nothing.
     *
     * @param port what the port is for, as pages call it
     */
    public void describe(MetricSink sink, String port) {
        for (FailedConnection reason : FailedConnection.values()) {
            sink.counter(
                    "kvasir_ext_proc_failed_connections",
                    "Connections that came to nothing before a stream, by reason.",
                    failed(reason),
                    "port",
                    port,
                    "reason",
                    reason.code());
        }
    }
}
