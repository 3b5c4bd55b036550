package io.kvasir.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import jdk.net.ExtendedSocketOptions;

/** By what event loops wait for sockets. A channel has to be of the kind of the loop that it lives on. */
public enum Transport {
    /** Linux' epoll, through Netty's library of native code. */
    EPOLL(EpollSocketChannel.class),

    /** The JDK's selector, on every system. */
    NIO(NioSocketChannel.class);

    private final Class<? extends SocketChannel> socket;

    Transport(Class<? extends SocketChannel> socket) {
        this.socket = socket;
    }

    /** That of these loops. */
    public static Transport of(EventLoopGroup loops) {
        var group = loops instanceof EventLoop loop ? loop.parent() : loops;
        return group instanceof EpollEventLoopGroup ? EPOLL : NIO;
    }

    /**
     * The one that loops can be made for here.
     *
     * @param epoll whether that is preferred where its library can be loaded
     */
    public static Transport here(boolean epoll) {
        return epoll && Epoll.isAvailable() ? EPOLL : NIO;
    }

    /** What the transport is called in logs and metrics. */
    public String code() {
        return this == EPOLL ? "epoll" : "nio";
    }

    /** Loops of their own, which whoever asks has to end. */
    public EventLoopGroup loops(int threads) {
        return this == EPOLL ? new EpollEventLoopGroup(threads) : new NioEventLoopGroup(threads);
    }

    /** Type of channels that connect. */
    public Class<? extends SocketChannel> socket() {
        return socket;
    }

    /** A channel that is to listen. */
    public ServerSocketChannel listening() {
        return this == EPOLL ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    }

    /**
     * Has the system ask a silent peer whether it is still there. Times that a system cannot be told are its own; a channel
     * that is closed already is left as it is.
     *
     * @param idleSeconds of silence before the first question
     * @param intervalSeconds between questions
     * @param probes unanswered ones, after which the connection is reset
     */
    public static void keepAlive(Channel channel, int idleSeconds, int intervalSeconds, int probes) {
        var config = channel.config();
        boolean epoll = of(channel.eventLoop()) == EPOLL;
        try {
            config.setOption(ChannelOption.SO_KEEPALIVE, true);
            config.setOption(
                    epoll ? EpollChannelOption.TCP_KEEPIDLE : NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
                    idleSeconds);
            config.setOption(
                    epoll
                            ? EpollChannelOption.TCP_KEEPINTVL
                            : NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
                    intervalSeconds);
            config.setOption(
                    epoll ? EpollChannelOption.TCP_KEEPCNT : NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT),
                    probes);
        } catch (ChannelException e) {
            // closed already, as whoever sends there will see
        }
    }
}
