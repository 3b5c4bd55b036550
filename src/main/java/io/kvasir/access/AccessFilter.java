package io.kvasir.access;

import io.kvasir.request.ErrorBody;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every route of the management port. Only health is open, since probes carry no token, and to who needs no
 * certificate the files of the live page, since a browser can send a token only once it has them; what is not known here is
 * not open either. A client certificate, where one is demanded, and a token, where reviews are on, must both be
 * good. Lets nobody in before it is told whom.
 */
public final class AccessFilter implements Handler<RoutingContext> {
    private static final String HEALTH = "/q/health";
    private static final String BEARER = "bearer ";
    private static final String CHALLENGE = "Bearer realm=\"kvasir\"";
    /** The live page and its files: the same for everybody, and nothing of the pool in them. */
    private static final String PAGE = "/";

    private static final String PAGE_FILES = "/live/";
    private static final String RETRY_SECONDS = "1";

    private record Rules(@Nullable AccessControl control, boolean certificates) {}

    private final AccessCounts counts;
    private volatile @Nullable Rules rules;

    /** @param counts gets every verdict */
    public AccessFilter(AccessCounts counts) {
        this.counts = counts;
    }

    /**
     * Begins to let requests in.
     *
     * @param control reviews tokens; null to demand none
     * @param certificates whether a client certificate is demanded; which are good was settled in the handshake
     */
    public void admit(@Nullable AccessControl control, boolean certificates) {
        rules = new Rules(control, certificates);
    }

    @Override
    public void handle(RoutingContext context) {
        String path = context.normalizedPath();
        var current = rules;
        if (path != null && (path.equals(HEALTH) || path.startsWith(HEALTH + "/"))) {
            context.next();
        } else if (current == null) {
            settle(context, Verdict.STARTING);
        } else if (current.certificates && !certified(context.request())) {
            settle(context, Verdict.NO_CERTIFICATE);
        } else if (current.control == null || isPage(context.request(), path)) {
            settle(context, Verdict.ALLOWED);
        } else {
            review(context, current.control, path == null ? "/" : path);
        }
    }

    private static boolean isPage(HttpServerRequest request, @Nullable String path) {
        return verb(request).equals("get") && path != null && (path.equals(PAGE) || path.startsWith(PAGE_FILES));
    }

    private void review(RoutingContext context, AccessControl reviewer, String path) {
        var request = context.request();
        String token = token(request.getHeader(HttpHeaderNames.AUTHORIZATION));
        if (token == null) {
            settle(context, Verdict.NO_TOKEN);
            return;
        }
        var decided = reviewer.decide(token, verb(request), path);
        if (decided.isDone()) {
            settle(context, decided.join());
            return;
        }
        // what arrives meanwhile would find no reader
        request.pause();
        var loop = context.vertx().getOrCreateContext();
        var _ = decided.thenAccept(verdict -> loop.runOnContext(_ -> {
            if (!context.response().closed()) {
                request.resume();
                settle(context, verdict);
            }
        }));
    }

    private void settle(RoutingContext context, Verdict verdict) {
        counts.count(verdict);
        if (verdict == Verdict.ALLOWED) {
            context.next();
        } else {
            refuse(context, verdict);
        }
    }

    private static void refuse(RoutingContext context, Verdict verdict) {
        var response = context.response().setStatusCode(verdict.status());
        switch (verdict) {
            case NO_TOKEN -> response.putHeader(HttpHeaderNames.WWW_AUTHENTICATE, CHALLENGE);
            case BAD_TOKEN ->
                response.putHeader(HttpHeaderNames.WWW_AUTHENTICATE, CHALLENGE + ", error=\"invalid_token\"");
            case REVIEW_UNAVAILABLE, BUSY, STARTING -> response.putHeader(HttpHeaderNames.RETRY_AFTER, RETRY_SECONDS);
            default -> {}
        }
        response.putHeader(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .end(ErrorBody.json(verdict.message(), "access_error", null, verdict.code()));
    }

    private static boolean certified(HttpServerRequest request) {
        var session = request.sslSession();
        try {
            return session != null && session.getPeerCertificates().length > 0;
        } catch (SSLPeerUnverifiedException _) {
            return false;
        }
    }

    /** What follows the scheme {@code Bearer}, in any case; null where nothing does. */
    private static @Nullable String token(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        String token = authorization.substring(BEARER.length()).strip();
        return token.isEmpty() ? null : token;
    }

    /** HEAD asks for less than GET does. */
    private static String verb(HttpServerRequest request) {
        String method = request.method().name().toLowerCase(Locale.ROOT);
        return method.equals("head") ? "get" : method;
    }
}
