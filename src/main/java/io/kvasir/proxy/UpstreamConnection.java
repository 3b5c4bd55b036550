package io.kvasir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import jdk.net.ExtendedSocketOptions;
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

    private UpstreamConnection() {}

    /** Begins to watch a new connection, and has the system do so too. */
    static void watch(HttpConnection opened) {
        var channel = ((ConnectionBase) opened).channel();
        var watch = new UpstreamConnection();
        channel.attr(KEY).set(watch);
        channel.pipeline().addFirst(watch);
        keepAlive(channel);
    }

    static @Nullable UpstreamConnection of(HttpConnection connection) {
        return ((ConnectionBase) connection).channel().attr(KEY).get();
    }

    private static void keepAlive(Channel channel) {
        var config = channel.config();
        try {
            config.setOption(ChannelOption.SO_KEEPALIVE, true);
            // an option that this system does not have is passed over with false
            config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), KEEP_ALIVE_IDLE_SECONDS);
            config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), KEEP_ALIVE_INTERVAL_SECONDS);
            config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), KEEP_ALIVE_PROBES);
        } catch (ChannelException e) {
            // closed already, as whoever sends there will see
        }
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
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes && bytes.isReadable()) {
            heard = true;
        }
        context.fireChannelRead(message);
    }
}
