package io.kvasir.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
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
    private final RequestGate gate;
    private final ChannelHandlerContext encoded;
    private @Nullable Exchange exchange;
    private int since;
    private boolean headersBegun;
    private boolean lingering;
    private boolean closing;

    ClientConnection(ProxyLoop loop, ConnectionBase connection) {
        this.loop = loop;
        this.connection = connection;
        since = loop.tick();
        headersBegun = true;
        encoded = connection.channel().pipeline().context("httpEncoder");
        gate = new RequestGate(connection.channel(), loop.budget(), this::crowded, this::idle, this::beginning);
    }

    private boolean idle() {
        return exchange == null && !lingering && !closing;
    }

    /** There is no memory for the head of a request. */
    private void crowded() {
        loop.counts().crowded();
        reset();
    }

    /** Notes when the first byte of a further request comes. */
    private void beginning() {
        if (exchange == null && !headersBegun) {
            headersBegun = true;
            since = loop.tick();
        }
    }

    Channel channel() {
        return connection.channel();
    }

    /** Where bytes are written that are HTTP already: behind what makes it. */
    ChannelHandlerContext encoded() {
        return encoded;
    }

    @Nullable
    Exchange exchange() {
        return exchange;
    }

    /** Whether an answer is in progress, or written and on its way to a client before the connection closes. */
    boolean ending() {
        return exchange != null || lingering || closing;
    }

    void begin(Exchange next) {
        exchange = next;
    }

    /** The exchange is over; the connection waits for another one. Changes nothing where another has begun. */
    void end(Exchange ended) {
        if (exchange == ended) {
            exchange = null;
            headersBegun = false;
            since = loop.tick();
            gate.release();
        }
    }

    /** The answer is written while the request still comes: reads the rest of it for a while, then closes. */
    void linger(HttpServerRequest request) {
        lingering = true;
        since = loop.tick();
        // the rest may be no HTTP, which ends the connection at once
        channel().flush();
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
        return exchange == null && waited > (headersBegun && !gate.holds() ? loop.headerTicks() : loop.idleTicks());
    }

    /** Closes when everything is written. */
    void close() {
        closing = true;
        var _ = connection.close();
    }

    /** Resets the connection: what is not yet written is lost, and the client cannot take it for the end. */
    void reset() {
        closing = true;
        channel().config().setOption(ChannelOption.SO_LINGER, 0);
        // from here it does not pass the handler that would first wait for everything to be written
        var _ = connection.channelHandlerContext().close();
    }

    /** Closes: by a reset where the client has not taken what was written. */
    void resetUnlessFlushed() {
        var unflushed = channel().unsafe().outboundBuffer();
        if (unflushed == null || unflushed.isEmpty()) {
            close();
        } else {
            reset();
        }
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
