package io.kvasir.proxy;

import io.kvasir.request.BodyFormat;
import io.kvasir.request.Dialect;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.RequestPath;
import io.kvasir.route.Outcome;
import io.kvasir.route.RequestTrace;
import io.kvasir.traffic.Door;
import io.kvasir.traffic.HeaderReader;
import io.kvasir.traffic.RoutingHeader;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client from its headers to the end of its answer, on one event loop, in one {@link ExchangeState} after
 * the other.
 *
 * <p>Until an answer's head is passed on, whatever goes wrong is answered with an {@link Refusal}; after that the answer is
 * broken off visibly. The client leaving ends every state at once and cancels the upstream.
 */
final class Exchange {
    private static final Logger LOG = Logger.getLogger(Exchange.class);

    private final ProxyLoop loop;
    private final ClientConnection connection;
    private final HttpServerRequest request;
    private final ClientAnswer answer;
    private final boolean trusted;
    private final HeaderReader said;
    private final String requestId;
    private final @Nullable RequestTrace trace;
    private ExchangeState state = ExchangeState.Bare.BEGUN;
    /** Whether an engine was asked and its client has been told nothing. */
    private volatile boolean evictable;

    private int touched;

    Exchange(ProxyLoop loop, ClientConnection connection, HttpServerRequest request) {
        this.loop = loop;
        this.connection = connection;
        this.request = request;
        trusted = trusted(request, loop.settings().trustedProxies());
        said = Headers.read(request.headers(), trusted, loop.router().traffic());
        if (said.doubted()) {
            loop.counts().identityNotBelieved();
        }
        var given = said.requestId();
        requestId = given == null ? loop.ids().next() : given;
        trace = loop.router()
                .traces()
                .begin(Door.PROXY, said.value(RoutingHeader.TRACEPARENT), said.value(RoutingHeader.TRACESTATE));
        answer = new ClientAnswer(loop, connection, request, said, requestId);
        touched = loop.tick();
        connection.begin(this);
        loop.counts().start();
        var response = request.response();
        response.closeHandler(v -> clientGone());
        response.exceptionHandler(gone -> clientGone());
        request.exceptionHandler(gone -> clientGone());
    }

    private static boolean trusted(HttpServerRequest request, TrustedPeers peers) {
        var address = request.remoteAddress();
        var peer = address == null ? null : address.hostAddress();
        return peer != null && peers.hold(peer);
    }

    /** Whether the peer may speak for its clients. */
    boolean trusted() {
        return trusted;
    }

    /** Serves the request. */
    void start() {
        step(state, this::serve);
    }

    private void serve() {
        if (loop.draining()) {
            refuse(Refusals.shuttingDown());
            return;
        }
        var headers = request.headers();
        if (Headers.unknownCoding(headers)) {
            refuse(Refusals.transferCodingUnknown());
            return;
        }
        var target = Target.of(
                request.method().name(), request.uri(), Headers.websocket(headers), Headers.preflight(headers));
        if (target instanceof Target.Engine engine) {
            read(engine.path());
        } else {
            withoutEngine(target);
        }
    }

    private void withoutEngine(Target target) {
        switch (target) {
            case Target.Nothing nothing -> {
                if (nothing.allow() != null) {
                    answer.allow(nothing.allow());
                }
                refuse(nothing.refusal());
            }
            case Target.Models models -> {
                var said = PoolAnswer.models(loop.router(), loop.startSeconds(), models);
                if (said == null) {
                    // an engine may know more, and whether the client may
                    read(models.path());
                } else {
                    say(said);
                }
            }
            case Target.Health health -> say(PoolAnswer.health(loop.router(), health));
            case Target.Options options -> {
                answer.allow(options.allow() + ", OPTIONS");
                answer.whole(204, null, null);
                complete(204);
            }
            case Target.Engine _ -> throw new IllegalStateException("an engine is to answer");
        }
    }

    private void say(PoolAnswer said) {
        if (said.refusal() != null) {
            refuse(said.refusal());
        } else {
            answer.whole(200, said.json(), null);
            complete(200);
        }
    }

    /** Answers a request that could not be parsed. */
    void invalid() {
        var cause = request.decoderResult().cause();
        refuse(
                cause instanceof TooLongHttpHeaderException
                        ? Refusals.headersTooLarge(loop.settings().limits().headers())
                        : cause instanceof TooLongHttpLineException
                                ? Refusals.urlTooLong()
                                : Refusals.requestMalformed());
    }

    private void read(RequestPath path) {
        long most = loop.settings().limits().body();
        if (ClientAnswer.declaredLength(request) > most) {
            refuse(Refusals.bodyTooLong(most));
            return;
        }
        var format = Headers.encoded(request.headers())
                ? BodyFormat.of(Dialect.PASSTHROUGH)
                : BodyFormat.of(path.dialect(), request.getHeader("content-type"));
        var body = new RequestBody(loop.router().read(format), loop.budget(), most);
        var reading = new ReadingBody(loop, this, path, body);
        become(reading);
        reading.begin();
    }

    /** What follows the request; null where nothing does. */
    @Nullable
    RequestTrace trace() {
        return trace;
    }

    private void endTrace(int status) {
        if (trace != null) {
            trace.end(status);
        }
    }

    /** What its headers say to us. */
    HeaderReader said() {
        return said;
    }

    /** Goes on in another state, which has taken over what it needs of this one. */
    void become(ExchangeState next) {
        state = next;
        evictable = next instanceof Forwarding;
    }

    /** Whether it can still be ended with an answer of ours where it is now; from any thread. */
    boolean evictable() {
        return evictable;
    }

    /** A step of whatever state the exchange is in, unless it is over. */
    void step(Runnable step) {
        if (!isOver()) {
            step(state, step);
        }
    }

    boolean isAt(ExchangeState one) {
        return state == one;
    }

    /** A step of a state, unless the exchange has left it; a fault of ours ends the request and not the connection's luck. */
    void step(ExchangeState of, Runnable step) {
        if (state != of) {
            return;
        }
        try {
            step.run();
        } catch (RuntimeException e) {
            LOG.errorf(e, "request %s failed", requestId);
            fail(Refusals.internalError(), Outcome.UPSTREAM_ERROR);
        }
    }

    HttpServerRequest request() {
        return request;
    }

    ClientAnswer answer() {
        return answer;
    }

    String requestId() {
        return requestId;
    }

    /** Bytes moved. */
    void touch() {
        touched = loop.tick();
    }

    /** A sweep: ends the exchange where nothing has moved for too long, and else looks after whoever is waited for. */
    void sweep(int tick, long nowNanos) {
        int silent = tick - touched;
        var of = state;
        step(of, () -> {
            if (silent > loop.idleTicks() && of.silenceCounts()) {
                of.expire();
            } else {
                of.look(silent, nowNanos);
            }
        });
    }

    /** Answers with an error where nothing is booked yet. */
    void refuse(Refusal refusal) {
        fail(refusal, Outcome.UPSTREAM_ERROR);
    }

    /**
     * Answers with an error, or breaks off an answer that has begun.
     *
     * @param outcome how a booking ends, where there is one
     */
    void fail(Refusal refusal, Outcome outcome) {
        if (isOver()) {
            return;
        }
        if (answer.begun()) {
            abort(AbortReason.UPSTREAM_RESET, outcome);
            return;
        }
        var asked = state.endpoint();
        leave(outcome);
        answer.refusal(refusal, asked);
        complete(refusal.status());
    }

    /** The upstream's answer was passed on whole. */
    void relayed(int status) {
        become(ExchangeState.Bare.OVER);
        answer.ended();
        complete(status);
    }

    private void complete(int status) {
        become(ExchangeState.Bare.OVER);
        endTrace(status);
        loop.counts().answer(status);
        loop.ended(connection, this);
    }

    private void clientGone() {
        if (!isOver()) {
            end(AbortReason.CLIENT_GONE, Outcome.CLIENT_GONE);
        }
    }

    /** The drain is over. */
    void shutDown() {
        if (answer.begun()) {
            abort(AbortReason.SHUTDOWN, Outcome.SHUTDOWN);
        } else {
            fail(Refusals.shuttingDown(), Outcome.SHUTDOWN);
        }
    }

    /** Breaks off the answer so that it cannot be taken for a complete one. */
    void abort(AbortReason reason, Outcome outcome) {
        if (!isOver()) {
            boolean delimited = answer.delimited() && reason == AbortReason.UPSTREAM_RESET;
            end(reason, outcome);
            connection.abort(delimited);
        }
    }

    private void end(AbortReason reason, Outcome outcome) {
        leave(outcome);
        endTrace(answer.begun() ? answer.response().getStatusCode() : 0);
        loop.counts().abort(reason);
        loop.ended(connection, this);
    }

    private void leave(Outcome outcome) {
        var left = state;
        become(ExchangeState.Bare.OVER);
        left.leave(outcome);
    }

    private boolean isOver() {
        return state == ExchangeState.Bare.OVER;
    }
}
