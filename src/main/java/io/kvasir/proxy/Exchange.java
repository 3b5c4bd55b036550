package io.kvasir.proxy;

import io.kvasir.request.BodyEdits;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import io.kvasir.request.RequestPath;
import io.kvasir.request.RoutingHeaders;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.StoredObject;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client from its headers to the end of its answer, on one event loop.
 *
 * <pre>
 * READING ──► FORWARDING ──► RELAYING ──► OVER
 *    │ error      │ error        │ abort    ▲
 *    └────────────┴──────────────┴──────────┘
 * </pre>
 *
 * Until an answer's head is passed on, whatever goes wrong is answered with an {@link Refusal}; after that the answer is
 * broken off visibly. The client leaving ends every phase at once and cancels the upstream.
 */
final class Exchange {
    private static final Logger LOG = Logger.getLogger(Exchange.class);
    private static final String JSON = "application/json";

    private enum Phase {
        READING,
        FORWARDING,
        RELAYING,
        OVER
    }

    private final ProxyLoop loop;
    private final ClientConnection connection;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final String requestId;
    private Phase phase = Phase.READING;
    /** Whether the answer's head said that the connection ends with it. */
    private boolean closing;

    private int touched;
    private @Nullable RequestPath path;
    private @Nullable RequestBody body;
    private @Nullable Booking booking;
    private @Nullable UpstreamCall upstream;
    private @Nullable Relay relay;
    /** The model that the client named, where the engine is asked for another. */
    private @Nullable String clientModel;

    Exchange(ProxyLoop loop, ClientConnection connection, HttpServerRequest request) {
        this.loop = loop;
        this.connection = connection;
        this.request = request;
        response = request.response();
        var given = Headers.requestId(request.headers());
        requestId = given == null ? loop.ids().next() : given;
        touched = loop.tick();
        connection.begin(this);
        loop.counts().start();
        response.closeHandler(v -> clientGone());
        response.exceptionHandler(gone -> clientGone());
        request.exceptionHandler(gone -> clientGone());
    }

    /** Serves the request. */
    void start() {
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
        switch (target) {
            case Target.Nothing nothing -> {
                if (nothing.allow() != null) {
                    response.putHeader("allow", nothing.allow());
                }
                refuse(nothing.refusal());
            }
            case Target.Models models -> {
                var said = PoolAnswer.models(loop.router(), loop.startSeconds(), models);
                if (said == null) {
                    // an engine may know more, and whether the client may
                    read(models.path());
                } else {
                    answer(said);
                }
            }
            case Target.Health health -> answer(PoolAnswer.health(loop.router(), health));
            case Target.Options options -> {
                response.putHeader("allow", options.allow() + ", OPTIONS");
                answer(204, null);
            }
            case Target.Engine engine -> read(engine.path());
        }
    }

    private void answer(PoolAnswer said) {
        if (said.refusal() != null) {
            refuse(said.refusal());
        } else {
            answer(200, said.json());
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

    private void read(RequestPath target) {
        path = target;
        long most = loop.settings().limits().body();
        if (declaredLength() > most) {
            refuse(Refusals.bodyTooLong(most));
            return;
        }
        var reading = new RequestBody(
                loop.router().read(BodyFormat.of(target.dialect(), request.getHeader("content-type"))),
                loop.budget(),
                most);
        body = reading;
        var crowded = reading.begin();
        if (crowded != null) {
            refuse(crowded);
            return;
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            response.writeContinue();
        }
        request.handler(chunk -> guarded(() -> add(reading, chunk)));
        request.endHandler(v -> guarded(() -> route(target, reading)));
    }

    /** A step of reading; a fault of ours ends the request and not the connection's luck. */
    private void guarded(Runnable step) {
        if (phase != Phase.READING) {
            return;
        }
        try {
            step.run();
        } catch (RuntimeException e) {
            LOG.errorf(e, "request %s failed", requestId);
            failed(Refusals.internalError(), Outcome.UPSTREAM_ERROR);
        }
    }

    private void add(RequestBody reading, Buffer chunk) {
        touch();
        var error = reading.add(chunk);
        if (error != null) {
            refuse(error);
        }
    }

    private long declaredLength() {
        var length = request.getHeader("content-length");
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private void route(RequestPath target, RequestBody read) {
        boolean bodiless = read.length() == 0 && !hasBodyByMethod();
        Request scanned;
        try {
            scanned = bodiless ? Request.withoutBody(target.dialect()) : read.finish();
        } catch (MalformedBodyException e) {
            refuse(Refusals.malformed(e));
            return;
        }
        var wanted = scanned.withHeaders(Headers.read(request.headers(), requestId));
        var stored = StoredObject.of(target.upstream());
        var hints = RoutingHints.NONE
                .withPathModel(target.model())
                .withRewrite(Headers.rewrite(request.headers()))
                .withStored(stored);
        var kept =
                stored != null && stored.id() != null ? stored : StoredObject.namedInBody(scanned.previousResponseId());
        boolean searching = kept != null
                && loop.holders()
                        .search(
                                kept,
                                request.getHeader("authorization"),
                                () -> guarded(() -> decide(target, read, wanted, hints)));
        if (!searching) {
            decide(target, read, wanted, hints);
        }
    }

    /** Has the router decide, maybe once lists of models were read. */
    private void decide(RequestPath target, RequestBody read, Request wanted, RoutingHints hints) {
        var router = loop.router();
        Runnable again = () -> decided(target, read, wanted, router.route(read.handOver(), wanted, hints));
        var routing = router.route(read.reading(), wanted, hints, () -> loop.run(() -> guarded(again)));
        if (routing != null) {
            read.handOver();
            decided(target, read, wanted, routing);
        }
    }

    private void decided(RequestPath target, RequestBody read, Request scanned, Routing routing) {
        switch (routing) {
            case Routing.Refused refused -> refuse(refused.refusal());
            case Routing.Booked booked -> forward(target, read, scanned, booked.booking());
        }
    }

    private void forward(RequestPath target, RequestBody read, Request scanned, Booking booked) {
        booking = booked;
        phase = Phase.FORWARDING;
        touch();
        var model = booked.request().model();
        if (model != null && !model.isEmpty() && !model.equals(scanned.model())) {
            if (!scanned.opaque()) {
                read.edit(BodyEdits.model(scanned, model));
                clientModel = scanned.model();
            } else if (read.length() > 0 && booked.rules().model() != null) {
                loop.counts().modelNotRewritten();
            }
        }
        var call = new UpstreamCall(loop, this, target, read, booked);
        upstream = call;
        call.start();
    }

    /** Whether a request of that method has a body even where it is empty. */
    boolean hasBodyByMethod() {
        return switch (request.method().name()) {
            case "POST", "PUT", "PATCH" -> true;
            default -> false;
        };
    }

    HttpServerRequest request() {
        return request;
    }

    HttpServerResponse response() {
        return response;
    }

    String requestId() {
        return requestId;
    }

    /** Bytes moved. */
    void touch() {
        touched = loop.tick();
    }

    /** Sweeps since bytes moved; 0 while nobody but the engine's computing is waited for. */
    int idleFor(int tick) {
        return phase == Phase.FORWARDING && upstream != null && upstream.waits() ? 0 : tick - touched;
    }

    /** Looks after the endpoint that is waited for, or notes that the one that answers is there. */
    void look(int tick, long nowNanos) {
        if (phase == Phase.FORWARDING && upstream != null) {
            upstream.look(nowNanos);
        } else if (phase == Phase.RELAYING && booking != null && tick - touched <= 1) {
            booking.endpoint().health().heard(nowNanos);
        }
    }

    /**
     * An endpoint answers.
     *
     * @param begun what was read of the body already, null for nothing
     * @param ended whether that is all of it
     */
    void relay(HttpClientResponse answer, Booking booked, @Nullable Buffer begun, boolean ended) {
        phase = Phase.RELAYING;
        touch();
        release();
        var target = Objects.requireNonNull(path);
        var relaying = new Relay(loop, this, answer, booked, target.dialect());
        relay = relaying;
        relaying.start(clientModel, EndpointNames.prefix(request.uri(), target.upstream()), begun, ended);
    }

    /**
     * Puts what every answer carries into its head.
     *
     * @param delimited whether a client of HTTP/1.0 sees where its body ends
     */
    void sign(boolean delimited) {
        response.putHeader(Headers.REQUEST_ID, requestId);
        if (!response.headers().contains("date")) {
            response.putHeader("date", loop.date());
        }
        var settings = loop.settings();
        if (settings.demo()) {
            response.putHeader("x-kvasir-demo", "true");
        }
        if (settings.nameEndpoints() && booking != null) {
            response.putHeader("x-kvasir-endpoint", booking.endpoint().spec().name());
        }
        closing = closes() || request.version() == HttpVersion.HTTP_1_0 && !(delimited && keptByHttp10());
        if (closing) {
            // last, because for HTTP/1.0 the server says on its own what the client asked for
            response.headersEndHandler(v -> response.headers().set("connection", "close"));
        }
    }

    /** Whether the connection ends with this answer, whatever the client asks for. */
    private boolean closes() {
        return loop.draining() || unread() || Headers.unknownCoding(request.headers());
    }

    private boolean keptByHttp10() {
        return request.headers().contains("connection", "keep-alive", true);
    }

    /** Whether more of the request is to come. */
    private boolean unread() {
        if (request.isEnded()) {
            return false;
        }
        long received = body == null ? 0 : body.length();
        return request.headers().contains("transfer-encoding") || received < declaredLength();
    }

    /** Whether the client can tell an answer that was cut off from one that ends where its connection does. */
    boolean delimited() {
        return request.version() != HttpVersion.HTTP_1_0 || response.headers().contains("content-length");
    }

    /** Answers with an error, or breaks off an answer that has begun. */
    void refuse(Refusal refusal) {
        if (phase == Phase.OVER) {
            return;
        }
        if (response.headWritten()) {
            abort(AbortReason.UPSTREAM_RESET, Outcome.UPSTREAM_RESET);
            return;
        }
        var allow = response.headers().get("allow");
        response.headers().clear();
        if (allow != null) {
            response.putHeader("allow", allow);
        }
        refusal.forEachHeader(response::putHeader);
        loop.counts().refused(refusal.reason());
        var shape = ErrorShape.of(
                path != null ? path : RequestPath.of(request.uri()),
                request.getHeader(RoutingHeaders.ANTHROPIC_VERSION));
        answer(refusal.status(), refusal.json(shape, requestId));
    }

    /** @param json null for no body */
    private void answer(int status, @Nullable String json) {
        boolean unread = unread();
        sign(true);
        response.setStatusCode(status);
        if (json == null) {
            response.end();
        } else {
            var body = Buffer.buffer(json);
            response.putHeader("content-type", JSON).putHeader("content-length", String.valueOf(body.length()));
            response.end(body);
        }
        over();
        loop.counts().answer(status);
        if (unread && request.decoderResult().isSuccess()) {
            connection.linger(request);
        } else if (closing) {
            connection.close();
        }
        loop.ended(connection, this);
    }

    /** The upstream's answer was passed on whole. */
    void relayed(int status) {
        boolean closes = closing || closes();
        if (upstream != null) {
            upstream.answerEnded();
        }
        over();
        loop.counts().answer(status);
        if (closes) {
            connection.close();
        }
        loop.ended(connection, this);
    }

    /** No endpoint answers: closes the books and tells the client. */
    void failed(Refusal refusal, Outcome outcome) {
        if (phase == Phase.OVER) {
            return;
        }
        if (booking != null) {
            booking.finish(outcome);
        }
        refuse(refusal);
    }

    private void clientGone() {
        if (phase != Phase.OVER) {
            end(AbortReason.CLIENT_GONE, Outcome.CLIENT_GONE);
        }
    }

    /** Nothing moved for too long. */
    void expire() {
        switch (phase) {
            case READING -> refuse(Refusals.bodyStalled());
            case FORWARDING ->
                failed(
                        Refusals.endpointSilent("The endpoint did not take the request in time."),
                        Outcome.UPSTREAM_RESET);
            case RELAYING ->
                abort(AbortReason.IDLE, relay != null && relay.paused() ? Outcome.CLIENT_GONE : Outcome.UPSTREAM_RESET);
            case OVER -> {}
        }
    }

    /** The drain is over. */
    void shutDown() {
        if (phase != Phase.OVER) {
            if (response.headWritten()) {
                abort(AbortReason.SHUTDOWN, Outcome.SHUTDOWN);
            } else {
                failed(Refusals.shuttingDown(), Outcome.SHUTDOWN);
            }
        }
    }

    /** Breaks off the answer so that it cannot be taken for a complete one. */
    void abort(AbortReason reason, Outcome outcome) {
        if (phase != Phase.OVER) {
            boolean delimited = delimited() && reason == AbortReason.UPSTREAM_RESET;
            end(reason, outcome);
            connection.abort(delimited);
        }
    }

    private void end(AbortReason reason, Outcome outcome) {
        if (booking != null) {
            booking.finish(outcome);
        }
        over();
        loop.counts().abort(reason);
        loop.ended(connection, this);
    }

    private void over() {
        phase = Phase.OVER;
        release();
        if (upstream != null) {
            upstream.cancel();
            upstream = null;
        }
    }

    private void release() {
        if (body != null) {
            body.release();
            body = null;
        }
    }

    boolean isOver() {
        return phase == Phase.OVER;
    }
}
