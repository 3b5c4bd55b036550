package io.kvasir.testing;

import io.kvasir.transport.Transport;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.vertx.core.VertxOptions;

/** Event loops of tests: by epoll, as the program's are, where its library can be loaded. */
public final class Loops {
    /** What the program would choose here. */
    public static final Transport CHOSEN = Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO;

    private Loops() {}

    /** That many, to be ended by whoever asks. */
    public static EventLoopGroup of(int threads) {
        return CHOSEN.loops(threads);
    }

    /** Options of a Vert.x with that many. */
    public static VertxOptions vertx(int threads) {
        return vertx(threads, CHOSEN);
    }

    /** {@link #vertx(int)} with loops of that transport. */
    public static VertxOptions vertx(int threads, Transport transport) {
        return new VertxOptions().setEventLoopPoolSize(threads).setPreferNativeTransport(transport == Transport.EPOLL);
    }
}
