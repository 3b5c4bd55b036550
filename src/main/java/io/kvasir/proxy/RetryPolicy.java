package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.ContextError;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.kvasir.route.RetryAfter;
import io.kvasir.route.RetryReason;
import io.vertx.core.http.HttpClientResponse;
import org.jspecify.annotations.Nullable;

/**
 * Says where a request is sent again: only where it is sure that no engine has begun to compute it, and only as far as the
 * pool's budget of retries goes:
 *
 * <ul>
 *   <li>to a fallback, where the connection could not be made, or the endpoint answered 429 or 503;
 *   <li>to a larger endpoint, where the engine answered that the request is longer than it can hold;
 *   <li>to the same endpoint on a fresh connection, once, where a kept one closed unread: the engine had closed it while it
 *       was idle.
 * </ul>
 *
 * Anything else that fails is not tried again: the engine may have begun to compute, or the request may have killed it.
 */
final class RetryPolicy {
    private static final int MOST_MOVES = 2;
    private static final int MOST_RESENDS = 1;

    /** What follows a failure. */
    sealed interface Next {}

    /**
     * It is sent again.
     *
     * @param fresh whether on a connection of its own
     */
    record Again(Endpoint endpoint, boolean fresh) implements Next {}

    /** The client is told. */
    record GiveUp(Refusal refusal, Outcome outcome) implements Next {}

    private final Booking booking;
    private final ProxyCounts counts;
    private int moves;
    private int resends;

    RetryPolicy(Booking booking, ProxyCounts counts) {
        this.booking = booking;
        this.counts = counts;
    }

    Next after(LegFailure failure) {
        return switch (failure) {
            case LegFailure.NotConnected why -> notConnected(why);
            case LegFailure.Closed closed -> {
                if (closed.unread() && resends < MOST_RESENDS && booking.resend()) {
                    resends++;
                    counts.staleResend();
                    yield new Again(booking.endpoint(), true);
                }
                yield new GiveUp(
                        Refusals.endpointFailed("The endpoint closed the connection before it answered."),
                        Outcome.UPSTREAM_RESET);
            }
            case LegFailure.Unreadable ignored ->
                new GiveUp(Refusals.endpointFailed("The endpoint's answer cannot be read."), Outcome.UPSTREAM_RESET);
        };
    }

    private Next notConnected(LegFailure.NotConnected why) {
        boolean crowded = why == LegFailure.NotConnected.CROWDED;
        boolean refused = why == LegFailure.NotConnected.REFUSED;
        if (!crowded) {
            booking.connectFailed(refused);
        }
        var fallback =
                move(crowded ? RetryReason.BACK_PRESSURE : refused ? RetryReason.REFUSED : RetryReason.CONNECT_TIMEOUT);
        if (fallback != null) {
            if (!crowded) {
                counts.connectRetry();
            }
            return new Again(fallback, false);
        }
        return crowded
                ? new GiveUp(Refusals.connectionsFull(), Outcome.UPSTREAM_ERROR)
                : new GiveUp(Refusals.unreachable(), Outcome.CONNECT_FAILED);
    }

    private @Nullable Endpoint move(RetryReason reason) {
        var fallback = moves < MOST_MOVES ? booking.retry(reason) : null;
        if (fallback != null) {
            moves++;
        }
        return fallback;
    }

    /**
     * Where the request goes instead of letting the client have an answer that says that the endpoint is too busy.
     *
     * @return null where the client is to have it
     */
    @Nullable
    Endpoint insteadOf(HttpClientResponse answer, long nowNanos) {
        int status = answer.statusCode();
        if (status != 429 && status != 503) {
            return null;
        }
        double after = RetryAfter.seconds(answer.getHeader("retry-after"));
        var pressed = booking.endpoint();
        var fallback = move(RetryReason.BACK_PRESSURE);
        if (fallback != null) {
            pressed.health().pressed(Math.round(1e9 * after), nowNanos);
        }
        return fallback;
    }

    /** Whether an answer may be an error that a larger endpoint would not have, so that it is read before it is passed on. */
    boolean mayOutgrow(HttpClientResponse answer) {
        return ContextError.possible(answer.statusCode())
                && moves < MOST_MOVES
                && answer.getHeader("content-encoding") == null
                && booking.largerExists();
    }

    /**
     * Where the request goes instead of letting the client have such an error.
     *
     * @return null where it is another one, or nobody larger is left
     */
    @Nullable
    Endpoint larger(int status, String body) {
        var larger = ContextError.is(status, body) ? booking.retryLarger(ContextError.limit(body)) : null;
        if (larger != null) {
            moves++;
        }
        return larger;
    }
}
