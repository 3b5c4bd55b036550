package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.Dialect;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.RequestHeaders;
import io.kvasir.request.RequestPath;
import io.kvasir.request.RoutingHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a request's headers tell. Proxies put values into either of two fields, and some send no pseudo headers.
 *
 * @param end whether no body follows
 * @param tunnel whether bytes only flow once the server agreed: an upgrade or CONNECT
 * @param path the dialect by the path; null where the proxy sends no path
 * @param unslashed the path to ask an engine for, where the client put a slash behind a known API's, which engines answer
 *     with a redirect to their own address; null to leave the client's
 * @param encoded whether the body is compressed, so that nothing can be read from it
 * @param measured whether the headers tell the body's length
 * @param contentType null for none
 * @param errors how the client reads errors
 * @param method null where the proxy sends none
 * @param headers what routing wants to know
 * @param model the model named by an earlier filter of the gateway; null for none
 * @param rewrite the model that a header demands instead of the body's; null for none
 * @param selection the conformance suite's list of endpoints; null for none
 * @param routing names of headers to be taken out, see {@link RoutingHeaders#choosesBackend}
 * @param subset the endpoints that the proxy allows; null for all
 */
record RequestHead(
        boolean end,
        boolean tunnel,
        @Nullable RequestPath path,
        @Nullable String unslashed,
        boolean encoded,
        boolean measured,
        @Nullable String contentType,
        ErrorShape errors,
        @Nullable String method,
        RequestHeaders headers,
        @Nullable String model,
        @Nullable String rewrite,
        @Nullable String selection,
        List<String> routing,
        @Nullable List<String> subset) {

    private static final double MILLIS = 1e-3;

    static RequestHead of(ProxyMessage.Headers message, @Nullable List<String> subset) {
        var reader = new Reader();
        var headers = message.headers().getHeaders().getHeadersList();
        for (int i = 0; i < headers.size(); i++) {
            reader.read(headers.get(i));
        }
        return reader.head(message.headers().getEndOfStream(), subset);
    }

    /** A header's value, from whichever field has it. */
    static String value(HeaderValue header) {
        return header.getRawValue().isEmpty()
                ? header.getValue()
                : header.getRawValue().toString(UTF_8);
    }

    /** Whether only the body's shape can tell how to read it. */
    boolean guessed() {
        return !encoded && (path == null || path.dialect() == Dialect.PASSTHROUGH);
    }

    /**
     * How to read the body: by the path, whatever a gateway puts in front of it, else by its content type and shape. A guess
     * refuses nobody.
     *
     * @param bytes the body's beginning
     */
    BodyFormat format(byte[] bytes, int offset, int length) {
        if (encoded) {
            return BodyFormat.of(Dialect.PASSTHROUGH);
        }
        if (path != null && path.dialect() != Dialect.PASSTHROUGH) {
            return BodyFormat.of(path.dialect(), contentType);
        }
        var form = BodyFormat.of(Dialect.PASSTHROUGH, contentType);
        if (form.boundary() != null) {
            return form;
        }
        var guess = DialectGuess.of(bytes, offset, length);
        boolean messages = guess == Dialect.CHAT_COMPLETIONS && errors == ErrorShape.ANTHROPIC;
        return BodyFormat.of(messages ? Dialect.MESSAGES : guess).lenient();
    }

    /** The model that stands in the path, or a gateway's prefix in its place; null for none. */
    @Nullable
    String pathModel() {
        return path == null ? null : path.model();
    }

    private static final class Reader {
        private @Nullable String path;
        private boolean tunnel;
        private boolean encoded;
        private boolean measured;
        private @Nullable String requestId;
        private @Nullable String session;
        private @Nullable String objective;
        private @Nullable String oldObjective;
        private @Nullable String fairness;
        private @Nullable String oldFairness;
        private @Nullable String rewrite;
        private @Nullable String oldRewrite;
        private double ttft = Double.NaN;
        private double oldTtft = Double.NaN;
        private double tpot = Double.NaN;
        private double oldTpot = Double.NaN;
        private @Nullable String model;
        private @Nullable String selection;
        private @Nullable String method;
        private @Nullable String anthropic;
        private @Nullable String contentType;
        private List<String> routing = List.of();

        void read(HeaderValue header) {
            String name = lower(header.getKey());
            switch (name) {
                case ":path" -> path = value(header);
                case ":method" -> {
                    method = value(header);
                    tunnel |= method.equals("CONNECT");
                }
                case "upgrade" -> tunnel = true;
                case "content-encoding" -> encoded = !value(header).equals("identity");
                case "content-length" -> measured = true;
                case "x-request-id" -> requestId = value(header);
                case RoutingHeaders.SESSION -> session = value(header);
                case RoutingHeaders.OBJECTIVE -> objective = value(header);
                case RoutingHeaders.OLD_OBJECTIVE -> oldObjective = value(header);
                case RoutingHeaders.FAIRNESS -> fairness = value(header);
                case RoutingHeaders.OLD_FAIRNESS -> oldFairness = value(header);
                case RoutingHeaders.REWRITE -> rewrite = value(header);
                case RoutingHeaders.OLD_REWRITE -> oldRewrite = value(header);
                case RoutingHeaders.TTFT_SLO -> ttft = seconds(header);
                case RoutingHeaders.OLD_TTFT_SLO -> oldTtft = seconds(header);
                case RoutingHeaders.TPOT_SLO -> tpot = seconds(header);
                case RoutingHeaders.OLD_TPOT_SLO -> oldTpot = seconds(header);
                case RoutingHeaders.GATEWAY_MODEL -> model = value(header);
                case RoutingHeaders.ANTHROPIC_VERSION -> anthropic = value(header);
                case "content-type" -> contentType = value(header);
                default -> routing(header, name);
            }
        }

        private void routing(HeaderValue header, String name) {
            if (RoutingHeaders.choosesBackend(name)) {
                if (routing.isEmpty()) {
                    routing = new ArrayList<>();
                }
                if (!routing.contains(header.getKey())) {
                    routing.add(header.getKey());
                }
                if (name.equals(Names.TEST_SELECTION)) {
                    selection = value(header);
                }
            }
        }

        /** In lower case, as proxies send them that speak HTTP/2; others do not care. */
        private static String lower(String name) {
            for (int i = 0; i < name.length(); i++) {
                char c = name.charAt(i);
                if (c >= 'A' && c <= 'Z') {
                    return name.toLowerCase(Locale.ROOT);
                }
            }
            return name;
        }

        private static double seconds(HeaderValue header) {
            try {
                return Double.parseDouble(value(header)) * MILLIS;
            } catch (NumberFormatException e) {
                return Double.NaN;
            }
        }

        RequestHead head(boolean end, @Nullable List<String> subset) {
            var parts = path == null ? null : RequestPath.of(path);
            var headers = requestId == null
                            && session == null
                            && objective == null
                            && oldObjective == null
                            && fairness == null
                            && oldFairness == null
                    ? RequestHeaders.NONE
                    : new RequestHeaders(
                            requestId,
                            session,
                            objective != null ? objective : oldObjective,
                            fairness != null ? fairness : oldFairness,
                            Double.NaN,
                            Double.NaN);
            return new RequestHead(
                    end,
                    tunnel,
                    parts,
                    path == null || parts == null || parts.dialect() == Dialect.PASSTHROUGH ? null : unslashed(path),
                    encoded,
                    measured,
                    contentType,
                    ErrorShape.of(parts, anthropic),
                    method,
                    headers.withSlo(Double.isNaN(ttft) ? oldTtft : ttft, Double.isNaN(tpot) ? oldTpot : tpot),
                    blankToNull(model),
                    blankToNull(rewrite != null ? rewrite : oldRewrite),
                    selection,
                    routing,
                    subset);
        }

        private static @Nullable String unslashed(String path) {
            int query = path.indexOf('?');
            int end = query < 0 ? path.length() : query;
            return path.charAt(end - 1) == '/' ? path.substring(0, end - 1) + path.substring(end) : null;
        }

        private static @Nullable String blankToNull(@Nullable String text) {
            return text == null || text.isBlank() ? null : text;
        }
    }
}
