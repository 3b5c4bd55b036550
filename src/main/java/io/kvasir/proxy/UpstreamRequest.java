package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
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
    private final long length;

    private UpstreamRequest(
            HttpServerRequest from,
            String target,
            String requestId,
            TrustedPeers trustedPeers,
            List<Buffer> pieces,
            long length) {
        method = from.method();
        clientHeaders = from.headers();
        var address = from.remoteAddress();
        peer = address == null ? null : address.hostAddress();
        trusted = peer != null && trustedPeers.hold(peer);
        this.target = target;
        this.requestId = requestId;
        this.pieces = pieces;
        this.length = length;
    }

    /**
     * A client's request, passed on.
     *
     * @param target path and query that the endpoint is asked for
     * @param trustedPeers whose forwarded headers are believed
     * @param body its pieces stay with their owner, who keeps them until an endpoint answers
     */
    static UpstreamRequest of(
            HttpServerRequest from, String target, String requestId, TrustedPeers trustedPeers, RequestBody body) {
        return new UpstreamRequest(from, target, requestId, trustedPeers, body.pieces(), body.length());
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
        if (length > 0 || hasBody(method)) {
            to.putHeader("content-length", String.valueOf(length));
        }
    }

    /** Its body in order; not to be written to. */
    List<Buffer> pieces() {
        return pieces;
    }
}
