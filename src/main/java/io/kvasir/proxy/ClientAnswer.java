package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.Refusal;
import io.kvasir.request.RequestPath;
import io.kvasir.schedule.SessionToken;
import io.kvasir.traffic.HeaderReader;
import io.kvasir.traffic.RoutingHeader;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** The answer to a client: what every head carries, answers of our own, and whether the connection ends with it. */
final class ClientAnswer {
    private static final String JSON = "application/json";

    private final ProxyLoop loop;
    private final ClientConnection connection;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final HeaderReader said;
    private final String requestId;
    /** Bytes of the request's body so far. */
    private long received;
    /** Whether the answer's head said that the connection ends with it. */
    private boolean closing;

    ClientAnswer(
            ProxyLoop loop,
            ClientConnection connection,
            HttpServerRequest request,
            HeaderReader said,
            String requestId) {
        this.loop = loop;
        this.connection = connection;
        this.request = request;
        this.said = said;
        this.requestId = requestId;
        response = request.response();
    }

    HttpServerResponse response() {
        return response;
    }

    /** Bytes of the request's body came. */
    void received(int bytes) {
        received += bytes;
    }

    /** Tells a client that waits for it that the body may come. */
    void proceed() {
        response.writeContinue();
    }

    /** Whether its head is written, so that it can only be broken off. */
    boolean begun() {
        return response.headWritten();
    }

    /** Names what may be asked of the path. */
    void allow(String methods) {
        response.putHeader("allow", methods);
    }

    /**
     * Puts what every answer carries into its head.
     *
     * @param delimited whether a client of HTTP/1.0 sees where its body ends
     * @param endpoint whose answer it is, or who was asked last; null for nobody
     */
    void sign(boolean delimited, @Nullable Endpoint endpoint) {
        response.putHeader(Headers.REQUEST_ID, requestId);
        if (!response.headers().contains("date")) {
            response.putHeader("date", loop.date());
        }
        var settings = loop.settings();
        if (settings.demo()) {
            response.putHeader("x-kvasir-demo", "true");
        }
        if (settings.nameEndpoints() && endpoint != null) {
            response.putHeader("x-kvasir-endpoint", endpoint.spec().name());
        }
        if (endpoint != null) {
            for (String header : loop.router().profiles().tokenHeaders()) {
                response.putHeader(header, SessionToken.of(endpoint));
            }
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
        return !request.isEnded()
                && (request.headers().contains("transfer-encoding") || received < declaredLength(request));
    }

    /** The length of its body that a request declares, in bytes; 0 where it declares none. */
    static long declaredLength(HttpServerRequest request) {
        var length = request.getHeader("content-length");
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Whether the client can tell an answer that was cut off from one that ends where its connection does. */
    boolean delimited() {
        return request.version() != HttpVersion.HTTP_1_0 || response.headers().contains("content-length");
    }

    /** Where a body is written that is in chunks already; null where the client gets it otherwise. */
    @Nullable
    ChannelHandlerContext chunks() {
        return response.isChunked() && request.version() == HttpVersion.HTTP_1_1 ? connection.encoded() : null;
    }

    /** Answers with a refusal; the head is not to be written yet. */
    void refusal(Refusal refusal, @Nullable Endpoint endpoint) {
        var allow = response.headers().get("allow");
        response.headers().clear();
        if (allow != null) {
            response.putHeader("allow", allow);
        }
        refusal.forEachHeader(response::putHeader);
        loop.counts().refused(refusal.reason());
        var shape = ErrorShape.of(
                RequestPath.of(Target.escaped(request.uri())), said.value(RoutingHeader.ANTHROPIC_VERSION));
        whole(refusal.status(), refusal.json(shape, requestId), endpoint);
    }

    /** @param json null for no body */
    void whole(int status, @Nullable String json, @Nullable Endpoint endpoint) {
        boolean unread = unread();
        sign(true, endpoint);
        response.setStatusCode(status);
        if (json == null) {
            response.end();
        } else {
            var body = Buffer.buffer(json);
            response.putHeader("content-type", JSON).putHeader("content-length", String.valueOf(body.length()));
            response.end(body);
        }
        if (unread && request.decoderResult().isSuccess()) {
            connection.linger(request);
        } else if (closing) {
            connection.close();
        }
    }

    /** An answer that was passed on has been written whole. */
    void ended() {
        if (closing || closes()) {
            connection.close();
        }
    }
}
