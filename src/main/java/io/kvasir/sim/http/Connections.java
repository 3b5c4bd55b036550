package io.kvasir.sim.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The open connections of one engine's server, confined to its event loop, and how they are cut. */
final class Connections {
    private static final long NO_TIMER = -1;

    private final Vertx vertx;
    private final Map<HttpConnection, Kept> open = new LinkedHashMap<>();
    private long accepted;

    private static final class Kept {
        private int requests;
        private long timer = NO_TIMER;
    }

    Connections(Vertx vertx) {
        this.vertx = vertx;
    }

    void opened(HttpConnection connection) {
        accepted++;
        var kept = new Kept();
        open.put(connection, kept);
        connection.closeHandler(gone -> {
            open.remove(connection);
            vertx.cancelTimer(kept.timer);
        });
    }

    /** Connections that were ever opened. */
    long accepted() {
        return accepted;
    }

    int open() {
        return open.size();
    }

    /** Counts a request on its connection; returns whether there was one before. */
    boolean begin(HttpConnection connection) {
        var kept = open.get(connection);
        if (kept == null) {
            return false;
        }
        vertx.cancelTimer(kept.timer);
        kept.timer = NO_TIMER;
        return kept.requests++ > 0;
    }

    /** A request is answered: closes its connection if no other comes within that time; 0 for never. */
    void end(HttpConnection connection, int idleMillis) {
        var kept = open.get(connection);
        if (kept != null && idleMillis > 0) {
            vertx.cancelTimer(kept.timer);
            kept.timer = vertx.setTimer(idleMillis, due -> close(connection));
        }
    }

    void resetAll() {
        for (var connection : List.copyOf(open.keySet())) {
            reset(connection);
        }
    }

    /** Closes it without a word, as a server does that has nothing more to say. */
    static void close(HttpConnection connection) {
        var _ = channel(connection).close();
    }

    /** Ends it as the kernel does for a process that is gone. */
    static void reset(HttpConnection connection) {
        var channel = channel(connection);
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            var _ = channel.close();
        }
    }

    static Channel channel(HttpConnection connection) {
        return ((ConnectionBase) connection).channel();
    }
}
