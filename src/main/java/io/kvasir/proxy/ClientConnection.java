package io.kvasir.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection on its event loop: the exchange it carries, or since when it carries none. Times are ticks of the
 * loop's sweep.
 */
final class ClientConnection {
    private final ProxyLoop loop;
    private final ConnectionBase connection;
    private @Nullable Exchange exchange;
    private int since;
    private boolean headersBegun;
    private boolean lingering;

    ClientConnection(ProxyLoop loop, ConnectionBase connection) {
        this.loop = loop;
        this.connection = connection;
        since = loop.tick();
        headersBegun = true;
        connection.channel().pipeline().addFirst(new ReadMark());
    }

    /** Notes when the first byte of a further request comes. */
    private final class ReadMark extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (exchange == null && !headersBegun) {
                headersBegun = true;
                since = loop.tick();
            }
            ctx.fireChannelRead(message);
        }
    }

    Channel channel() {
        return connection.channel();
    }

    @Nullable
    Exchange exchange() {
        return exchange;
    }

    void begin(Exchange next) {
        exchange = next;
    }

    /** The exchange is over; the connection waits for another one. */
    void end() {
        exchange = null;
        headersBegun = false;
        since = loop.tick();
    }

    /** The answer is written while the request still comes: reads the rest of it for a while, then closes. */
    void linger(HttpServerRequest request) {
        lingering = true;
        since = loop.tick();
        request.handler(rest -> {});
        request.exceptionHandler(gone -> {});
        request.endHandler(v -> close());
    }

    /** Whether it has waited for longer than allowed without an exchange. */
    boolean overdue(int tick) {
        int waited = tick - since;
        if (lingering) {
            return waited > loop.lingerTicks();
        }
        return exchange == null && waited > (headersBegun ? loop.headerTicks() : loop.idleTicks());
    }

    /** Closes when everything is written. */
    void close() {
        var _ = connection.close();
    }

    /** Resets the connection: what is not yet written is lost, and the client cannot take it for the end. */
    void reset() {
        channel().config().setOption(ChannelOption.SO_LINGER, 0);
        // from here it does not pass the handler that would first wait for everything to be written
        var _ = connection.channelHandlerContext().close();
    }

    /** Makes an answer that has begun end visibly unfinished, after what was written of it where the client reads. */
    void abort(boolean delimited) {
        if (delimited && channel().isWritable()) {
            close();
        } else {
            reset();
        }
    }
}
