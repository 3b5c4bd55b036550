package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request sent to one endpoint once, up to the head of the answer and the connection's release; on one event loop.
 *
 * <pre>
 * CONNECTING ──► SENDING ──► WAITING ──► ANSWERED ──► OVER
 *      │ not connected │ closed  │ closed      ▲         ▲
 *      │               └─────────┼─ answer ────┘         │
 *      └───────────────┴─────────┴───────────────────────┘
 * </pre>
 *
 * Its listener is told of one answer or of one failure, or of neither once it was {@linkplain #cancel cancelled}. It knows
 * nothing of what the answer is for: whoever begins it may hold several.
 */
final class UpstreamLeg {
    /** How long after the first byte was sent a kept connection that closes is taken not to have been read, in ns. */
    static final long UNREAD_NANOS = 50_000_000;

    /** Answers that are declared longer than this are not read to their end for the connection's sake, in bytes. */
    private static final int LONGEST_DISCARD = 16 << 10;

    private static final int LONGEST_DISCARD_MILLIS = 5_000;

    /** Told of what becomes of a leg, on its event loop. */
    interface Listener {
        /** Bytes of the request were taken. */
        void moved();

        /** The head of the answer is there; nothing of the body is read until handlers are set. */
        void answered(UpstreamLeg leg, HttpClientResponse head);

        /** There will be no answer; the leg is over. */
        void failed(UpstreamLeg leg, LegFailure why);
    }

    private sealed interface State {}

    /** A connection is being made, or waited for. */
    private record Connecting() implements State {}

    /** The request is handed over as the connection takes it, from the next piece on. */
    private record Sending(Sent sent, List<Buffer> pieces, int next) implements State {}

    /** The whole request is handed over. */
    private record Waiting(Sent sent) implements State {}

    /** @param whole whether the whole request was handed over, so that the connection is free after the answer */
    private record Answered(Sent sent, boolean whole) implements State {}

    private record Over() implements State {}

    /**
     * What is under way.
     *
     * @param on what is known of its connection, null for none
     * @param before requests that the connection has carried before
     */
    private record Sent(
            HttpClientRequest request,
            @Nullable UpstreamConnection on,
            int before,
            long begunNanos,
            FirstByteWait firstByte) {
        boolean kept() {
            return before > 0;
        }

        /**
         * Whether the connection, or its part of it, is still this request's. Of an answer that came whole the last bytes
         * may wait here for a slow client while another request is under way already.
         */
        boolean holds() {
            return on == null || request.version() == HttpVersion.HTTP_2 || on.isAt(before);
        }
    }

    private final ProxyLoop loop;
    private final Endpoint endpoint;
    private final UpstreamRequest what;
    private final Listener listener;
    private State state = new Connecting();

    private UpstreamLeg(ProxyLoop loop, Endpoint endpoint, UpstreamRequest what, Listener listener) {
        this.loop = loop;
        this.endpoint = endpoint;
        this.what = what;
        this.listener = listener;
    }

    /**
     * Makes a leg; {@link #connect} sends.
     *
     * @param listener told on this loop, never before {@link #connect}
     */
    static UpstreamLeg to(ProxyLoop loop, Endpoint endpoint, UpstreamRequest what, Listener listener) {
        return new UpstreamLeg(loop, endpoint, what, listener);
    }

    /** @param fresh whether a connection is made for it alone, because a kept one is not to be trusted */
    void connect(boolean fresh) {
        var client = fresh ? loop.freshClient(endpoint) : loop.client(endpoint);
        client.request(what.options(endpoint)).onComplete(got -> {
            if (!(state instanceof Connecting)) {
                if (got.succeeded()) {
                    got.result().exceptionHandler(ignored -> {}).reset();
                }
            } else if (got.succeeded()) {
                send(got.result());
            } else {
                fail(LegFailure.NotConnected.of(got.cause()));
            }
        });
    }

    private void send(HttpClientRequest request) {
        var on = UpstreamConnection.of(request.connection());
        int before = on == null ? 0 : on.begin();
        long now = loop.router().nanoTime();
        var sent = new Sent(request, on, before, now, new FirstByteWait(endpoint, now));
        what.head(request, endpoint);
        request.exceptionHandler(this::broken);
        request.response().onComplete(head -> {
            if (head.succeeded()) {
                answered(head.result());
            } else {
                broken(head.cause());
            }
        });
        if (what.pieces().isEmpty()) {
            state = new Waiting(sent);
            request.end();
            return;
        }
        state = new Sending(sent, what.pieces(), 0);
        request.drainHandler(v -> pump());
        pump();
    }

    /** Hands over as much as the connection takes, the first piece in any case. */
    private void pump() {
        while (state instanceof Sending(Sent sent, List<Buffer> pieces, int next)
                && !(next > 0 && sent.request.writeQueueFull())) {
            var piece = pieces.get(next);
            listener.moved();
            if (next + 1 == pieces.size()) {
                state = new Waiting(sent);
                sent.request.end(piece);
            } else {
                state = new Sending(sent, pieces, next + 1);
                sent.request.write(piece);
            }
        }
    }

    private void answered(HttpClientResponse head) {
        if (state instanceof Waiting(Sent sent)) {
            state = new Answered(sent, true);
        } else if (state instanceof Sending sending) {
            state = new Answered(sending.sent, false);
        } else {
            return;
        }
        listener.answered(this, head);
    }

    private void broken(Throwable failure) {
        if (state instanceof Waiting(Sent sent)) {
            fail(why(failure, sent));
        } else if (state instanceof Sending sending) {
            fail(why(failure, sending.sent));
        }
    }

    private LegFailure why(Throwable failure, Sent sent) {
        if (!(failure instanceof HttpClosedException || failure instanceof IOException)) {
            return new LegFailure.Unreadable();
        }
        return new LegFailure.Closed(sent.kept()
                && sent.on != null
                && !sent.on.heard()
                && loop.router().nanoTime() - sent.begunNanos
                        <= loop.router().clock().nanosIn(UNREAD_NANOS));
    }

    private void fail(LegFailure why) {
        state = new Over();
        listener.failed(this, why);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Whether the whole request was handed over and the first byte of an answer is awaited. */
    boolean waits() {
        return state instanceof Waiting;
    }

    /**
     * Looks whether an endpoint whose answer is awaited still is there.
     *
     * @return what ends the wait; null where nothing does, or there is none
     */
    @Nullable
    WaitEnd look(long nowNanos) {
        return state instanceof Waiting(Sent sent)
                ? sent.firstByte.look(
                        loop.router().pool(),
                        loop.settings().waits().firstByte(),
                        loop.router().clock(),
                        nowNanos)
                : null;
    }

    /** Resets what is under way; the listener hears no more. Changes nothing once the leg is over. */
    void cancel() {
        var at = state;
        state = new Over();
        switch (at) {
            case Sending sending -> sending.sent.request.reset();
            case Waiting waiting -> waiting.sent.request.reset();
            case Answered answered -> {
                if (answered.sent.holds()) {
                    answered.sent.request.reset();
                }
            }
            case Connecting ignored -> {}
            case Over ignored -> {}
        }
    }

    /**
     * What reads the answer that is there off its connection, and can have it taken as it comes; null where the endpoint
     * does not speak HTTP/1, or no answer is there.
     */
    @Nullable
    UpstreamCodec codec() {
        return state instanceof Answered(Sent sent, boolean ignored)
                ? UpstreamCodec.of(sent.request.connection())
                : null;
    }

    /** The answer was read to its end: the connection is free for others, unless it still waits for the rest of the request. */
    void release() {
        if (state instanceof Answered answered && answered.whole) {
            state = new Over();
        } else {
            cancel();
        }
    }

    /** Lets an answer go unread, and keeps its connection where that is quick. */
    void discard(HttpClientResponse head) {
        if (!(state instanceof Answered(Sent sent, boolean whole)) || !whole || declared(head) > LONGEST_DISCARD) {
            cancel();
            return;
        }
        state = new Over();
        long timer = loop.getVertx().setTimer(LONGEST_DISCARD_MILLIS, id -> sent.request.reset());
        head.exceptionHandler(broken -> loop.getVertx().cancelTimer(timer));
        head.endHandler(v -> loop.getVertx().cancelTimer(timer));
    }

    private static long declared(HttpClientResponse head) {
        var length = head.getHeader("content-length");
        try {
            return length == null ? Long.MAX_VALUE : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
