package io.kvasir.app;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.transport.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the picker's port, on which one call follows another: as much of HTTP/2 (RFC 9113) and of gRPC over it as
 * these take. gRPC's client is left alone, since nothing else in the program needs its classes.
 */
final class WarmUpConnection extends ByteToMessageDecoder implements AutoCloseable {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
    private static final int FRAME_HEAD = 9;
    private static final int MESSAGE_HEAD = 5;
    /** Bytes that every peer takes in one frame. */
    private static final int MOST_IN_FRAME = 1 << 14;

    private static final int WINDOW = 1 << 24;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;

    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;

    private final CompletableFuture<Channel> connected = new CompletableFuture<>();
    private final byte[] head;
    // of the event loop that the channel lives on
    private int stream = -1;
    private boolean answered;
    private @Nullable CompletableFuture<Boolean> ended;

    private WarmUpConnection(boolean tls) {
        head = head(tls);
    }

    /**
     * Connects to that port of the loopback address.
     *
     * @param tls null for plaintext
     */
    static WarmUpConnection to(InetSocketAddress port, @Nullable SslContext tls, EventLoopGroup loops) {
        var connection = new WarmUpConnection(tls != null);
        var _ = new Bootstrap()
                .group(loops)
                .channel(Transport.of(loops).socket())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc(), "localhost", port.getPort()));
                        }
                        channel.pipeline().addLast(connection);
                    }
                })
                .connect(port)
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        connection.connected.completeExceptionally(done.cause());
                    }
                });
        return connection;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (!connected.complete(context.channel())) {
            // closed before it was open
            var _ = context.close();
            return;
        }
        var out = context.alloc().buffer();
        out.writeBytes(PREFACE);
        frame(out, SETTINGS, 0, 0, 0);
        frame(out, WINDOW_UPDATE, 0, 0, 4).writeInt(WINDOW);
        var _ = context.writeAndFlush(out);
    }

    /** Sends a whole call. Completes with whether it was answered and ended by the server. */
    CompletableFuture<Boolean> call(List<byte[]> messages) {
        var done = new CompletableFuture<Boolean>();
        var _ = connected.whenComplete((channel, failure) -> {
            if (failure != null) {
                done.complete(false);
            } else {
                channel.eventLoop().execute(() -> send(channel, messages, done));
            }
        });
        return done;
    }

    private void send(Channel channel, List<byte[]> messages, CompletableFuture<Boolean> done) {
        if (!channel.isActive()) {
            done.complete(false);
            return;
        }
        stream += 2;
        answered = false;
        ended = done;
        var body = channel.alloc().buffer();
        for (byte[] message : messages) {
            body.writeByte(0).writeInt(message.length).writeBytes(message);
        }
        var out = channel.alloc().buffer(body.readableBytes() + (MESSAGE_HEAD + FRAME_HEAD) * messages.size());
        frame(out, HEADERS, END_HEADERS, stream, head.length).writeBytes(head);
        while (body.isReadable()) {
            int length = Math.min(body.readableBytes(), MOST_IN_FRAME);
            boolean last = length == body.readableBytes();
            frame(out, DATA, last ? END_STREAM : 0, stream, length).writeBytes(body, length);
        }
        body.release();
        var _ = channel.writeAndFlush(out);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        while (in.readableBytes() >= FRAME_HEAD
                && in.readableBytes() >= FRAME_HEAD + in.getUnsignedMedium(in.readerIndex())) {
            int length = in.readUnsignedMedium();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int of = in.readInt();
            in.skipBytes(length);
            if (type == SETTINGS && (flags & ACK) == 0) {
                var _ = context.writeAndFlush(frame(context.alloc().buffer(FRAME_HEAD), SETTINGS, ACK, 0, 0));
            } else if (of == stream && type == DATA) {
                answered = true;
            } else if (of == stream && type == HEADERS && (flags & END_STREAM) != 0) {
                end(answered);
            } else if (of == stream && type == RST_STREAM) {
                end(false);
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        end(false);
        super.channelInactive(context);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var _ = context.close();
    }

    private void end(boolean well) {
        if (ended != null) {
            ended.complete(well);
        }
    }

    private static ByteBuf frame(ByteBuf out, int type, int flags, int stream, int length) {
        return out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
    }

    /** The header fields of a call, none of them in a form that later ones could refer to (RFC 7541, section 6.2.2). */
    private static byte[] head(boolean tls) {
        var block = new ByteArrayOutputStream();
        block.write(0x83); // :method: POST
        block.write(tls ? 0x87 : 0x86); // :scheme
        field(block, 0x04, "/" + ExternalProcessor.PROCESS.getFullMethodName()); // :path
        field(block, 0x01, "localhost"); // :authority
        block.write(0x0f); // content-type, the 31st name of the table
        field(block, 0x10, "application/grpc");
        field(block, 0x00, "te");
        text(block, "trailers");
        return block.toByteArray();
    }

    private static void field(ByteArrayOutputStream block, int name, String text) {
        block.write(name);
        text(block, text);
    }

    private static void text(ByteArrayOutputStream block, String text) {
        block.write(text.length());
        block.writeBytes(text.getBytes(US_ASCII));
    }

    @Override
    public void close() {
        var _ = connected.thenAccept(channel -> {
            var _ = channel.close();
        });
        connected.completeExceptionally(new IllegalStateException("closed"));
    }
}
