package io.kvasir.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.Epoll;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DirectWriteTest {
    /** More than the system takes for somebody who does not read. */
    private static final int MUCH = 32 << 20;

    private interface OnConnection {
        void run(Channel channel, Socket peer) throws Exception;
    }

    @BeforeEach
    void epoll() {
        assumeThat(Epoll.isAvailable()).as("epoll can be loaded here").isTrue();
    }

    private static void on(Transport transport, OnConnection test) throws Exception {
        var loops = transport.loops(1);
        try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var channel = new Bootstrap()
                    .group(loops)
                    .channel(transport.socket())
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(listening.getLocalSocketAddress())
                    .syncUninterruptibly()
                    .channel();
            try (var peer = listening.accept()) {
                test.run(channel, peer);
            }
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static ByteBuf direct(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
    }

    private static boolean write(Channel channel, ByteBuf bytes) throws Exception {
        return channel.eventLoop()
                .submit(() -> DirectWrite.write(channel, bytes))
                .get();
    }

    @Test
    void writesWhatTheSystemTakes() throws Exception {
        on(Transport.EPOLL, (channel, peer) -> {
            var bytes = direct("-token").skipBytes(1);
            assertThat(write(channel, bytes)).isTrue();
            assertThat(peer.getInputStream().readNBytes(5)).asString().isEqualTo("token");
            bytes.release();
        });
    }

    @Test
    void overtakesNothingThatIsQueued() throws Exception {
        on(Transport.EPOLL, (channel, peer) -> {
            var _ = channel.write(direct("a"));
            var bytes = direct("b");
            assertThat(write(channel, bytes)).isFalse();
            channel.writeAndFlush(bytes).sync();
            assertThat(peer.getInputStream().readNBytes(2)).asString().isEqualTo("ab");
        });
    }

    @Test
    void leavesToTheChannelWhatTheSystemDoesNotTake() throws Exception {
        on(Transport.EPOLL, (channel, peer) -> {
            var bytes = Unpooled.directBuffer(MUCH);
            for (int i = 0; i < MUCH; i += Integer.BYTES) {
                bytes.writeInt(i);
            }
            assertThat(write(channel, bytes)).isFalse();
            assertThat(bytes.readableBytes()).isBetween(1, MUCH - 1);
            var rest = channel.writeAndFlush(bytes);
            var came = Unpooled.wrappedBuffer(peer.getInputStream().readNBytes(MUCH));
            for (int i = 0; i < MUCH; i += Integer.BYTES) {
                assertThat(came.readInt()).isEqualTo(i);
            }
            rest.sync();
        });
    }

    @Test
    void writesNothingToAChannelThatIsClosed() throws Exception {
        on(Transport.EPOLL, (channel, peer) -> {
            channel.close().sync();
            var bytes = direct("a");
            assertThat(write(channel, bytes)).isFalse();
            assertThat(bytes.readableBytes()).isEqualTo(1);
            bytes.release();
        });
    }

    @ParameterizedTest
    @EnumSource
    void leavesBytesOnTheHeapAndOtherTransportsToTheChannel(Transport transport) throws Exception {
        on(transport, (channel, peer) -> {
            var bytes = transport == Transport.EPOLL ? Unpooled.wrappedBuffer(new byte[] {'a'}) : direct("a");
            assertThat(write(channel, bytes)).isFalse();
            channel.writeAndFlush(bytes).sync();
            assertThat(peer.getInputStream().read()).isEqualTo('a');
        });
    }
}
