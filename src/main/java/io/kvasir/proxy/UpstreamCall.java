package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.RequestPath;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request to the endpoint booked for it, up to the head of the answer. A connection that cannot be made moves the
 * booking to its next fallback, once. A kept connection that turns out to be closed before the head of an answer means
 * that the engine had closed it while it was idle: the request is sent to the same endpoint again, once, on another
 * connection. Anything else that fails is not tried again: the engine may have begun to compute.
 */
final class UpstreamCall {
    private static final int MOST_RETRIES = 1;
    private static final int MOST_RESENDS = 1;

    private final ProxyLoop loop;
    private final Exchange exchange;
    private final RequestPath path;
    private List<Buffer> pieces;
    private final long length;
    private final Booking booking;
    private @Nullable HttpClientRequest current;
    private boolean reused;
    private int next;
    private boolean sent;
    private boolean answered;
    private boolean cancelled;
    /** Sendings so far; what is left of earlier ones is no longer of interest. */
    private int sendings;

    private int retries;
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
        send(booking.endpoint());
    }

    /** Whether the whole request was handed over and the answer is awaited. */
    boolean sent() {
        return sent;
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

    private void send(Endpoint endpoint) {
        sendings++;
        current = null;
        next = 0;
        sent = false;
        var spec = endpoint.spec();
        var options = new RequestOptions()
                .setHost(spec.address())
                .setPort(spec.port())
                .setMethod(exchange.request().method())
                .setURI(path.upstream());
        loop.client().request(options).onComplete(got -> {
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
        reused = !loop.firstUse(request.connection());
        var from = exchange.request();
        Headers.copyToUpstream(from.headers(), request.headers(), trusted());
        request.putHeader("host", endpoint.hostPort());
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
        if (sending == sendings && !cancelled && !answered) {
            answered = true;
            pieces = List.of();
            exchange.relay(response, booking);
        }
    }

    private void failed(int sending, Throwable failure) {
        if (sending != sendings || answered || cancelled) {
            return;
        }
        boolean closed = failure instanceof HttpClosedException || failure instanceof IOException;
        if (closed && reused && resends < MOST_RESENDS) {
            resends++;
            loop.counts().staleResend();
            send(booking.endpoint());
            return;
        }
        exchange.failed(
                ApiError.badGateway(
                        closed
                                ? "The endpoint closed the connection before it answered."
                                : "The endpoint's answer cannot be read."),
                Outcome.UPSTREAM_RESET);
    }

    private void notConnected(Throwable failure) {
        if (failure instanceof ConnectionPoolTooBusyException) {
            exchange.failed(
                    ApiError.unavailable("overloaded", "Too many requests wait for this endpoint; try again."),
                    Outcome.UPSTREAM_ERROR);
            return;
        }
        if (retries < MOST_RETRIES) {
            retries++;
            var fallback = booking.retry();
            if (fallback != null) {
                loop.counts().connectRetry();
                send(fallback);
                return;
            }
        }
        exchange.failed(
                ApiError.unavailable("service_unavailable", "No endpoint can be reached; try again."),
                Outcome.CONNECT_FAILED);
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
