package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.kvasir.request.Dialect;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.RequestPath;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a request line asks for. */
sealed interface Target {

    /** An engine is to answer. */
    record Engine(RequestPath path) implements Target {}

    /**
     * The list of models.
     *
     * @param id the one model asked for, null for all
     * @param under the model that the path is confined to, null for none
     * @param path as an engine would be asked
     */
    record Models(@Nullable String id, @Nullable String under, RequestPath path) implements Target {}

    /**
     * Whether an endpoint may be sent requests.
     *
     * @param under the model that the path is confined to, null for any
     */
    record Health(@Nullable String under) implements Target {}

    /** What may be asked of the path. */
    record Options(String allow) implements Target {}

    /** Nothing that is served. */
    record Nothing(Refusal refusal, @Nullable String allow) implements Target {}

    String MODELS = "/v1/models";
    /** As engines and the platforms in front of them ask for it. */
    Set<String> HEALTH = Set.of("/health", "/ping", "/health_generate");

    Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    String ANY = "GET, HEAD, POST, PUT, PATCH, DELETE";
    String READING = "GET, HEAD";

    /**
     * Reads a request line.
     *
     * @param uri as received, each character one byte
     * @param websocket whether the connection is to become one
     * @param preflight whether a browser asks what it may send (CORS)
     */
    static Target of(String method, String uri, boolean websocket, boolean preflight) {
        if (method.equals("OPTIONS") && uri.equals("*")) {
            return new Options(ANY);
        }
        var path = RequestPath.of(escaped(uri)).atRoot();
        String plain = path.plain();
        if (!plain.startsWith("/") || (path.problem() != null && !plain.startsWith("/llm//"))) {
            String why = path.problem() == null ? "it has no path" : path.problem();
            return new Nothing(Refusals.pathAmbiguous(why), null);
        }
        if (path.oneReplica()) {
            return new Nothing(Refusals.pathOfOneReplica(), null);
        }
        if (websocket || plain.startsWith("/v1/realtime")) {
            return new Nothing(Refusals.websocket(), null);
        }
        if (!METHODS.contains(method)) {
            return new Nothing(Refusals.methodUnknown(method), null);
        }
        if (HEALTH.contains(plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain)) {
            return reading(method, plain, new Health(path.model()));
        }
        if (plain.equals(MODELS) || plain.startsWith(MODELS + "/")) {
            return reading(method, plain, new Models(modelId(plain), path.model(), path));
        }
        if (!path.served()) {
            return new Nothing(Refusals.pathUnknown(method, plain), null);
        }
        return engine(method, path, preflight);
    }

    /** Without an upgrade, and from no browser. */
    static Target of(String method, String uri) {
        return of(method, uri, false, false);
    }

    private static Target reading(String method, String plain, Target target) {
        return switch (method) {
            case "GET", "HEAD" -> target;
            case "OPTIONS" -> new Options(READING);
            default -> new Nothing(Refusals.methodNotAllowed(method, plain, "GET"), READING);
        };
    }

    private static Target engine(String method, RequestPath path, boolean preflight) {
        if (method.equals("POST") || path.dialect() == Dialect.PASSTHROUGH && !method.equals("OPTIONS")) {
            return new Engine(path);
        }
        // whose pages may ask is the engines' policy, which their answers state as well; and what else than a body may
        // be sent
        // to an API (OpenAI lists stored chats where they are made) each engine knows for itself
        return preflight || !method.equals("OPTIONS")
                ? new Engine(new RequestPath(Dialect.PASSTHROUGH, path.model(), path.upstream()))
                : new Options(ANY);
    }

    /** With bytes beyond ASCII escaped, as they should have come. */
    static String escaped(String uri) {
        for (int i = 0; i < uri.length(); i++) {
            if (uri.charAt(i) > 0x7e) {
                var out = new StringBuilder(uri.length() + 16);
                for (byte b : uri.getBytes(ISO_8859_1)) {
                    if (b < 0) {
                        out.append(String.format("%%%02X", b & 0xff));
                    } else {
                        out.append((char) b);
                    }
                }
                return out.toString();
            }
        }
        return uri;
    }

    private static @Nullable String modelId(String plain) {
        if (plain.length() <= MODELS.length() + 1) {
            return null;
        }
        try {
            return URLDecoder.decode(plain.substring(MODELS.length() + 1).replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return plain.substring(MODELS.length() + 1);
        }
    }
}
