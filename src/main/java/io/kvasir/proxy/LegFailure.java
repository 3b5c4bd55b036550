package io.kvasir.proxy;

import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;

/** Why an {@link UpstreamLeg} got no answer. */
sealed interface LegFailure {

    /** There was no connection: nothing was sent. */
    enum NotConnected implements LegFailure {
        /** Too many requests wait for one to that endpoint already. */
        CROWDED,
        /** It was refused, or nobody can be reached there. */
        REFUSED,
        /** It was not made in time, which may be our fault, or failed otherwise. */
        TIMED_OUT;

        static NotConnected of(Throwable failure) {
            if (failure instanceof ConnectionPoolTooBusyException) {
                return CROWDED;
            }
            return failure instanceof NoRouteToHostException
                            || failure instanceof ConnectException && !(failure instanceof ConnectTimeoutException)
                    ? REFUSED
                    : TIMED_OUT;
        }
    }

    /**
     * The connection ended before an answer began.
     *
     * @param unread whether the engine can be taken not to have read anything of the request
     */
    record Closed(boolean unread) implements LegFailure {}

    /** What came is no answer. */
    record Unreadable() implements LegFailure {}
}
