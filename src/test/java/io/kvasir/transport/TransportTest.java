package io.kvasir.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.kvasir.failure.FailureText;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransportTest {

    private interface OnLoops {
        void run(EventLoopGroup loops) throws Exception;
    }

    private static void on(Transport transport, OnLoops test) throws Exception {
        assumeThat(transport == Transport.NIO || Epoll.isAvailable())
                .as("epoll can be loaded here")
                .isTrue();
        var loops = transport.loops(1);
        try {
            test.run(loops);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static Channel listen(Transport transport, EventLoopGroup loops, int port) {
        return new ServerBootstrap()
                .group(loops)
                .channelFactory(transport::listening)
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind("127.0.0.1", port)
                .syncUninterruptibly()
                .channel();
    }

    private static Channel connect(Transport transport, EventLoopGroup loops, int port) {
        return new Bootstrap()
                .group(loops)
                .channel(transport.socket())
                .handler(new ChannelInboundHandlerAdapter())
                .connect("127.0.0.1", port)
                .syncUninterruptibly()
                .channel();
    }

    private static int port(Channel listening) {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    @ParameterizedTest
    @EnumSource
    void isKnownByItsLoops(Transport transport) throws Exception {
        on(transport, loops -> {
            assertThat(Transport.of(loops)).isEqualTo(transport);
            assertThat(Transport.of(loops.next())).isEqualTo(transport);
        });
    }

    @ParameterizedTest
    @EnumSource
    void hasTheSystemAskASilentPeer(Transport transport) throws Exception {
        on(transport, loops -> {
            var channel = connect(transport, loops, port(listen(transport, loops, 0)));
            Transport.keepAlive(channel, 15, 5, 4);
            var config = channel.config();
            boolean epoll = transport == Transport.EPOLL;
            assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(config.getOption(
                            epoll
                                    ? EpollChannelOption.TCP_KEEPIDLE
                                    : NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)))
                    .isEqualTo(15);
            assertThat(config.getOption(
                            epoll
                                    ? EpollChannelOption.TCP_KEEPINTVL
                                    : NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL)))
                    .isEqualTo(5);
            assertThat(config.getOption(
                            epoll
                                    ? EpollChannelOption.TCP_KEEPCNT
                                    : NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)))
                    .isEqualTo(4);
        });
    }

    @ParameterizedTest
    @EnumSource
    void leavesAClosedChannelAsItIs(Transport transport) throws Exception {
        on(transport, loops -> {
            var channel = connect(transport, loops, port(listen(transport, loops, 0)));
            channel.close().syncUninterruptibly();
            Transport.keepAlive(channel, 15, 5, 4);
            assertThat(channel.isOpen()).isFalse();
        });
    }

    @ParameterizedTest
    @EnumSource
    void failsInTheSystemsWords(Transport transport) throws Exception {
        on(transport, loops -> {
            int port = port(listen(transport, loops, 0));
            assertThatThrownBy(() -> listen(transport, loops, port))
                    .satisfies(taken -> assertThat(FailureText.of(taken)).isEqualTo("Address already in use"));
            try (var bound = new Socket()) {
                // bound and not listening: nobody else gets the port meanwhile
                bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                assertThatThrownBy(() -> connect(transport, loops, bound.getLocalPort()))
                        .isInstanceOf(ConnectException.class)
                        .satisfies(
                                refused -> assertThat(FailureText.of(refused)).isEqualTo("Connection refused"));
            }
        });
    }
}
