package io.kvasir.scrape;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A process of many engines that answer every question with the same metrics page. Its one argument is how many. */
public final class PageServers {
    private PageServers() {}

    /** Binds the servers, prints their ports on one line, and serves until its input ends. */
    public static void main(String... args) throws IOException, InterruptedException {
        byte[] page = BenchmarkPages.small();
        byte[] head = ("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: " + page.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuf answer = Unpooled.unreleasableBuffer(
                Unpooled.directBuffer().writeBytes(head).writeBytes(page));
        var group = new NioEventLoopGroup(1);
        var bootstrap = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        var _ = channel.pipeline().addLast(new Answers(answer));
                    }
                });
        List<String> ports = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            var bound = bootstrap.bind("127.0.0.1", 0).sync().channel();
            ports.add(String.valueOf(((InetSocketAddress) bound.localAddress()).getPort()));
        }
        System.out.println(String.join(" ", ports));
        while (System.in.read() >= 0) {
            // ends with its parent
        }
        var _ = group.shutdownGracefully();
    }

    /** Questions have no body, so each ends with an empty line. */
    private static final class Answers extends ChannelInboundHandlerAdapter {
        private final ByteBuf answer;
        private int tail;

        Answers(ByteBuf answer) {
            this.answer = answer;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            var question = (ByteBuf) message;
            while (question.isReadable()) {
                tail = tail << 8 | question.readByte() & 0xff;
                if (tail == 0x0d0a_0d0a) {
                    var _ = context.writeAndFlush(answer.duplicate(), context.voidPromise());
                }
            }
            question.release();
        }
    }
}
