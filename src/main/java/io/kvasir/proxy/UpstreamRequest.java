package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.route.RequestTrace;
import io.kvasir.traffic.RoutingHeader;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request as endpoints get it; may be sent more than once. */
final class UpstreamRequest {
    private final HttpMethod method;
    private final String target;
    private final MultiMap clientHeaders;
    private final String requestId;
    private final @Nullable String peer;
    private final boolean trusted;
    private final List<Buffer> pieces;
    private final @Nullable RequestTrace trace;
    private final long length;

    /**
     * A request of whatever origin.
     *
     * @param target path and query that the endpoint is asked for
     * @param clientHeaders of which the endpoint sees what concerns it
     * @param peer address of the client; null for an unknown one
     * @param trusted whether the peer's forwarded headers are believed
     * @param pieces the body in order; they stay with their owner, who keeps them until an endpoint answers
     * @param length bytes of the body
     * @param trace that the endpoint is to continue; null to leave it the client's
     */
    UpstreamRequest(
            HttpMethod method,
            String target,
            MultiMap clientHeaders,
            String requestId,
            @Nullable String peer,
            boolean trusted,
            List<Buffer> pieces,
            long length,
            @Nullable RequestTrace trace) {
        this.method = method;
        this.target = target;
        this.clientHeaders = clientHeaders;
        this.requestId = requestId;
        this.peer = peer;
        this.trusted = trusted;
        this.pieces = pieces;
        this.length = length;
        this.trace = trace;
    }

    /** A client's request, passed on with that body. */
    static UpstreamRequest of(
            HttpServerRequest from,
            String target,
            String requestId,
            boolean trusted,
            RequestBody body,
            @Nullable RequestTrace trace) {
        var address = from.remoteAddress();
        var peer = address == null ? null : address.hostAddress();
        return new UpstreamRequest(
                from.method(), target, from.headers(), requestId, peer, trusted, body.pieces(), body.length(), trace);
    }

    /** Whether requests of that method have a body even where it is empty. */
    static boolean hasBody(HttpMethod method) {
        return switch (method.name()) {
            case "POST", "PUT", "PATCH" -> true;
            default -> false;
        };
    }

    /** Whom to ask for what. */
    RequestOptions options(Endpoint endpoint) {
        var spec = endpoint.spec();
        return new RequestOptions()
                .setHost(spec.address())
                .setPort(spec.port())
                .setMethod(method)
                .setURI(target);
    }

    /** Puts its headers into a request that is about to be sent. */
    void head(HttpClientRequest to, Endpoint endpoint) {
        Headers.copyToUpstream(clientHeaders, to.headers(), trusted);
        if (to.version() != HttpVersion.HTTP_2) {
            to.putHeader("host", endpoint.hostPort());
        }
        to.putHeader(Headers.REQUEST_ID, requestId);
        if (peer != null) {
            var before = to.headers().getAll(Headers.FORWARDED_FOR);
            to.putHeader(Headers.FORWARDED_FOR, before.isEmpty() ? peer : String.join(", ", before) + ", " + peer);
        }
        if (trace != null) {
            trace.propagate((name, value) -> {
                if (name.equals(RoutingHeader.TRACEPARENT.key())) {
                    // of another trace, unless it follows
                    to.headers().remove(RoutingHeader.TRACESTATE.key());
                }
                to.putHeader(name, value);
            });
        }
        if (length > 0 || hasBody(method)) {
            to.putHeader("content-length", String.valueOf(length));
        }
    }

    /** Its body in order; not to be written to. */
    List<Buffer> pieces() {
        return pieces;
    }
}
