package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.request.Dialect;
import io.kvasir.request.RequestPath;
import java.net.URLDecoder;
import java.util.Locale;
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
     */
    record Models(@Nullable String id, @Nullable String under) implements Target {}

    /** Nothing that is served. */
    record Nothing(ApiError error, @Nullable String allow) implements Target {}

    String MODELS = "/v1/models";
    String GENERATE = "/inference/v1/generate";

    /** Change one replica only, so they are no clients' business. */
    Set<String> PER_REPLICA = Set.of("/v1/load_lora_adapter", "/v1/unload_lora_adapter");

    static Target of(String method, String uri) {
        String from = origin(uri);
        var path = RequestPath.of(from);
        int query = path.upstream().indexOf('?');
        String plain = query < 0 ? path.upstream() : path.upstream().substring(0, query);
        boolean models = plain.equals(MODELS) || plain.startsWith(MODELS + "/");
        if (models && !method.equals("GET") && !method.equals("HEAD")) {
            return new Nothing(ApiError.wrongMethod(method, plain, "GET"), "GET, HEAD");
        }
        if (models) {
            return new Models(modelId(plain), path.model());
        }
        if (!from.startsWith("/") || ambiguous(plain)) {
            return new Nothing(ApiError.invalid(400, "invalid_url", "The request URL is ambiguous."), null);
        }
        if (PER_REPLICA.contains(plain) || !(plain.startsWith("/v1/") || plain.equals(GENERATE))) {
            return new Nothing(ApiError.unknownPath(method, plain), null);
        }
        if (path.dialect() != Dialect.PASSTHROUGH && !method.equals("POST")) {
            return new Nothing(ApiError.wrongMethod(method, plain, "POST"), "POST");
        }
        return new Engine(path);
    }

    /** The path and query of a request target that may be an absolute URL. */
    private static String origin(String uri) {
        if (uri.startsWith("/")) {
            return uri;
        }
        int authority = uri.indexOf("://");
        int slash = authority < 0 ? -1 : uri.indexOf('/', authority + 3);
        return slash < 0 ? uri : uri.substring(slash);
    }

    /** Whether somebody may read another path here than we do. */
    private static boolean ambiguous(String plain) {
        String path = plain.toLowerCase(Locale.ROOT).replace("%2e", ".");
        return path.contains("%2f")
                || path.contains("%5c")
                || path.indexOf('\\') >= 0
                || path.contains("/../")
                || path.contains("/./")
                || path.endsWith("/..")
                || path.endsWith("/.");
    }

    private static @Nullable String modelId(String plain) {
        if (plain.length() <= MODELS.length() + 1) {
            return null;
        }
        try {
            return URLDecoder.decode(plain.substring(MODELS.length() + 1).replace("+", "%2B"), UTF_8);
        } catch (IllegalArgumentException e) {
            return plain.substring(MODELS.length() + 1);
        }
    }
}
