package io.kvasir.proxy;

import io.kvasir.transport.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/** What is known of a connection to an endpoint: how many requests it has carried, and whether bytes came since the last. */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<UpstreamConnection> KEY = AttributeKey.valueOf(UpstreamConnection.class, "this");

    /** A peer that is gone without a word is noticed after 15 s of silence and 4 unanswered probes, 5 s apart. */
    private static final int KEEP_ALIVE_IDLE_SECONDS = 15;

    private static final int KEEP_ALIVE_INTERVAL_SECONDS = 5;
    private static final int KEEP_ALIVE_PROBES = 4;

    private int requests;
    private boolean heard;
    private @Nullable UpstreamCodec codec;

    private UpstreamConnection() {}

    /** Begins to watch a new connection, and has the system do so too. */
    static UpstreamConnection watch(HttpConnection opened) {
        var channel = ((ConnectionBase) opened).channel();
        var watch = new UpstreamConnection();
        channel.attr(KEY).set(watch);
        channel.pipeline().addFirst(watch);
        Transport.keepAlive(channel, KEEP_ALIVE_IDLE_SECONDS, KEEP_ALIVE_INTERVAL_SECONDS, KEEP_ALIVE_PROBES);
        return watch;
    }

    /** Has bytes that are passed on as they are go to that codec, past what is between. */
    void passTo(@Nullable UpstreamCodec codec) {
        this.codec = codec;
    }

    static @Nullable UpstreamConnection of(HttpConnection connection) {
        return ((ConnectionBase) connection).channel().attr(KEY).get();
    }

    /**
     * A request is to be sent.
     *
     * @return how many the connection has carried before; none where it is new
     */
    int begin() {
        heard = false;
        return requests++;
    }

    /** Whether the request that was begun after so many is the last one. */
    boolean isAt(int before) {
        return requests == before + 1;
    }

    /** Whether bytes came since the request was begun. */
    boolean heard() {
        return heard;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof ByteBuf bytes && bytes.isReadable()) {
            heard = true;
            if (codec != null && codec.pass(bytes)) {
                return;
            }
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (codec == null || !codec.passed()) {
            context.fireChannelReadComplete();
        }
    }
}
