package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.ContextError;
import io.kvasir.request.Refusals;
import io.kvasir.request.RequestPath;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.kvasir.route.RetryAfter;
import io.kvasir.route.RetryReason;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request to the endpoint booked for it, up to the head of the answer. It is sent again only where it is sure that
 * no engine has begun to compute it, and only as far as the pool's budget of retries goes:
 *
 * <ul>
 *   <li>to a fallback, where the connection could not be made, or the endpoint answered 429 or 503;
 *   <li>to a larger endpoint, where the engine answered that the request is longer than it can hold;
 *   <li>to the same endpoint on a fresh connection, once, where a kept one closed within {@link #UNREAD_NANOS} of the first
 *       byte sent and without a byte of an answer: the engine had closed it while it was idle.
 * </ul>
 *
 * Anything else that fails is not tried again: the engine may have begun to compute, or the request may have killed it.
 */
final class UpstreamCall {
    /** How long after the first byte was sent a kept connection that closes is taken not to have been read. */
    static final long UNREAD_NANOS = 50_000_000;

    private static final int MOST_MOVES = 2;
    private static final int MOST_RESENDS = 1;
    /** Errors longer than this are passed on unread. */
    private static final int LONGEST_ERROR = 16 << 10;

    private static final int LONGEST_DISCARD_MILLIS = 5_000;

    private final ProxyLoop loop;
    private final Exchange exchange;
    private final RequestPath path;
    private List<Buffer> pieces;
    private final long length;
    private final Booking booking;
    private @Nullable HttpClientRequest current;
    private @Nullable UpstreamConnection connection;
    private @Nullable FirstByteWait wait;
    private boolean reused;
    private long begunNanos;
    private int next;
    private boolean sent;
    private boolean answered;
    private boolean cancelled;
    /** Sendings so far; what is left of earlier ones is no longer of interest. */
    private int sendings;

    private int moves;
    private int resends;

    UpstreamCall(ProxyLoop loop, Exchange exchange, RequestPath path, RequestBody body, Booking booking) {
        this.loop = loop;
        this.exchange = exchange;
        this.path = path;
        pieces = body.pieces();
        length = body.length();
        this.booking = booking;
    }

    void start() {
        send(booking.endpoint(), false);
    }

    /** Whether the whole request was handed over and the first byte of an answer is awaited. */
    boolean waits() {
        return sent && !answered;
    }

    /** Looks whether the endpoint that is waited for still is there; ends the exchange where it is not. */
    void look(long nowNanos) {
        if (!waits() || wait == null || cancelled) {
            return;
        }
        var end = wait.look(
                loop.router().pool(), loop.settings().waits().firstByte().toNanos(), nowNanos);
        if (end != null) {
            loop.counts().waitEnded(end);
            exchange.failed(end.refusal(), end == WaitEnd.TIMEOUT ? Outcome.FIRST_BYTE_TIMEOUT : Outcome.ENDPOINT_LOST);
        }
    }

    /** Resets what is under way. */
    void cancel() {
        cancelled = true;
        if (current != null) {
            current.reset();
            current = null;
        }
    }

    /** The answer is complete: the connection is free for others, unless it still waits for the rest of the request. */
    void answerEnded() {
        if (sent) {
            current = null;
        }
    }

    private void send(Endpoint endpoint, boolean fresh) {
        sendings++;
        current = null;
        connection = null;
        wait = null;
        next = 0;
        sent = false;
        answered = false;
        var spec = endpoint.spec();
        var options = new RequestOptions()
                .setHost(spec.address())
                .setPort(spec.port())
                .setMethod(exchange.request().method())
                .setURI(path.upstream());
        var client = fresh ? loop.freshClient(endpoint) : loop.client(endpoint);
        client.request(options).onComplete(got -> {
            if (cancelled) {
                if (got.succeeded()) {
                    got.result().reset();
                }
            } else if (got.succeeded()) {
                write(got.result(), endpoint);
            } else {
                notConnected(got.cause());
            }
        });
    }

    private void write(HttpClientRequest request, Endpoint endpoint) {
        int sending = sendings;
        current = request;
        var on = UpstreamConnection.of(request.connection());
        connection = on;
        reused = on != null && on.begin();
        begunNanos = loop.router().nanoTime();
        wait = new FirstByteWait(endpoint, begunNanos);
        var from = exchange.request();
        Headers.copyToUpstream(from.headers(), request.headers(), trusted());
        if (request.version() != HttpVersion.HTTP_2) {
            request.putHeader("host", endpoint.hostPort());
        }
        request.putHeader(Headers.REQUEST_ID, exchange.requestId());
        forwardedFor(request);
        if (length > 0 || exchange.hasBodyByMethod()) {
            request.putHeader("content-length", String.valueOf(length));
        }
        request.exceptionHandler(failure -> failed(sending, failure));
        request.response().onComplete(head -> {
            if (head.succeeded()) {
                answered(sending, head.result());
            } else {
                failed(sending, head.cause());
            }
        });
        if (pieces.isEmpty()) {
            sent = true;
            request.end();
            return;
        }
        request.drainHandler(v -> pump(request, sending));
        pump(request, sending);
    }

    private void pump(HttpClientRequest request, int sending) {
        while (sending == sendings
                && !cancelled
                && !answered
                && next < pieces.size()
                && !(next > 0 && request.writeQueueFull())) {
            var piece = pieces.get(next++);
            exchange.touch();
            if (next == pieces.size()) {
                sent = true;
                request.end(piece);
            } else {
                request.write(piece);
            }
        }
    }

    private void answered(int sending, HttpClientResponse response) {
        if (sending != sendings || cancelled || answered) {
            return;
        }
        answered = true;
        exchange.touch();
        int status = response.statusCode();
        if (status == 429 || status == 503) {
            double after = RetryAfter.seconds(response.getHeader("retry-after"));
            var pressed = booking.endpoint();
            var fallback = moves < MOST_MOVES ? booking.retry(RetryReason.BACK_PRESSURE) : null;
            if (fallback != null) {
                pressed.health().pressed(Math.round(1e9 * after), loop.router().nanoTime());
                discard(response);
                moveTo(fallback);
                return;
            }
        } else if (ContextError.possible(status)
                && moves < MOST_MOVES
                && response.getHeader("content-encoding") == null
                && booking.largerExists()) {
            readError(sending, response);
            return;
        }
        pass(response, null, false);
    }

    private void pass(HttpClientResponse response, @Nullable Buffer begun, boolean ended) {
        pieces = List.of();
        exchange.relay(response, booking, begun, ended);
    }

    /** Reads an error that may be one that a larger endpoint would not have. */
    private void readError(int sending, HttpClientResponse response) {
        var text = Buffer.buffer();
        response.exceptionHandler(failure -> {
            if (sending == sendings && !cancelled) {
                exchange.failed(Refusals.endpointFailed("The endpoint broke off its answer."), Outcome.UPSTREAM_RESET);
            }
        });
        response.handler(bytes -> {
            if (sending != sendings || cancelled) {
                return;
            }
            exchange.touch();
            text.appendBuffer(bytes);
            if (text.length() > LONGEST_ERROR) {
                pass(response, text, false);
            }
        });
        response.endHandler(v -> {
            if (sending == sendings && !cancelled) {
                errorRead(response, text);
            }
        });
    }

    private void errorRead(HttpClientResponse response, Buffer text) {
        String body = text.toString();
        var larger =
                ContextError.is(response.statusCode(), body) ? booking.retryLarger(ContextError.limit(body)) : null;
        if (larger == null) {
            pass(response, text, true);
        } else {
            answerEnded();
            moveTo(larger);
        }
    }

    private void moveTo(Endpoint endpoint) {
        moves++;
        var left = current;
        if (left != null) {
            // it still takes the request
            left.reset();
        }
        send(endpoint, false);
    }

    /** Lets an answer go unread, and keeps its connection where that is quick. */
    private void discard(HttpClientResponse response) {
        var request = current;
        if (!sent || request == null || declared(response) > LONGEST_ERROR) {
            return;
        }
        current = null;
        long timer = loop.getVertx().setTimer(LONGEST_DISCARD_MILLIS, id -> request.reset());
        response.exceptionHandler(broken -> loop.getVertx().cancelTimer(timer));
        response.endHandler(v -> loop.getVertx().cancelTimer(timer));
    }

    private static long declared(HttpClientResponse response) {
        var length = response.getHeader("content-length");
        try {
            return length == null ? Long.MAX_VALUE : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private void failed(int sending, Throwable failure) {
        if (sending != sendings || answered || cancelled) {
            return;
        }
        boolean closed = failure instanceof HttpClosedException || failure instanceof IOException;
        if (closed && unread() && resends < MOST_RESENDS && booking.resend()) {
            resends++;
            loop.counts().staleResend();
            send(booking.endpoint(), true);
            return;
        }
        exchange.failed(
                Refusals.endpointFailed(
                        closed
                                ? "The endpoint closed the connection before it answered."
                                : "The endpoint's answer cannot be read."),
                Outcome.UPSTREAM_RESET);
    }

    /** Whether the engine can be taken not to have read anything of the request. */
    private boolean unread() {
        return reused
                && connection != null
                && !connection.heard()
                && loop.router().nanoTime() - begunNanos <= UNREAD_NANOS;
    }

    private void notConnected(Throwable failure) {
        boolean local = failure instanceof ConnectionPoolTooBusyException;
        boolean refused = failure instanceof NoRouteToHostException
                || failure instanceof ConnectException && !(failure instanceof ConnectTimeoutException);
        if (!local) {
            booking.connectFailed(refused);
        }
        if (moves < MOST_MOVES) {
            var fallback = booking.retry(
                    local ? RetryReason.BACK_PRESSURE : refused ? RetryReason.REFUSED : RetryReason.CONNECT_TIMEOUT);
            if (fallback != null) {
                if (!local) {
                    loop.counts().connectRetry();
                }
                moveTo(fallback);
                return;
            }
        }
        if (local) {
            exchange.failed(Refusals.connectionsFull(), Outcome.UPSTREAM_ERROR);
        } else {
            exchange.failed(Refusals.unreachable(), Outcome.CONNECT_FAILED);
        }
    }

    private boolean trusted() {
        var peer = exchange.request().remoteAddress();
        return peer != null
                && peer.hostAddress() != null
                && loop.settings().trustedProxies().hold(peer.hostAddress());
    }

    private void forwardedFor(HttpClientRequest request) {
        var peer = exchange.request().remoteAddress();
        if (peer == null || peer.hostAddress() == null) {
            return;
        }
        var before = request.headers().getAll(Headers.FORWARDED_FOR);
        request.putHeader(
                Headers.FORWARDED_FOR,
                before.isEmpty() ? peer.hostAddress() : String.join(", ", before) + ", " + peer.hostAddress());
    }
}
