package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.Dialect;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.RequestHeaders;
import io.kvasir.request.RequestPath;
import io.kvasir.traffic.Door;
import io.kvasir.traffic.HeaderReader;
import io.kvasir.traffic.RoutingHeader;
import io.kvasir.traffic.TrafficRules;
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
 * @param traceparent the trace that it belongs to, as its header says; null for none
 * @param tracestate that trace's state; null for none
 * @param selection the conformance suite's list of endpoints; null for none
 * @param removed names of headers to be taken out, see {@link RoutingHeader}
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
        @Nullable String traceparent,
        @Nullable String tracestate,
        @Nullable String selection,
        List<String> removed,
        @Nullable List<String> subset) {

    /** Without headers that scheduling reads. */
    static RequestHead of(ProxyMessage.Headers message, @Nullable List<String> subset) {
        return of(message, subset, new TrafficRules());
    }

    /** @param rules say which more headers are read */
    static RequestHead of(ProxyMessage.Headers message, @Nullable List<String> subset, TrafficRules rules) {
        var reader = new Reader(rules);
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

    /** Why no client may ask for that path; null where it may. */
    @Nullable
    Refusal refusal() {
        if (path == null) {
            return null;
        }
        if (path.problem() != null) {
            return Refusals.pathAmbiguous(path.problem());
        }
        return path.oneReplica() ? Refusals.pathOfOneReplica() : null;
    }

    /** Whether only the body's shape can tell how to read it. */
    boolean guessed() {
        return !encoded && spoken() == null;
    }

    /** Whether its API demands a body of every such request. */
    boolean demandsBody() {
        return !encoded
                && !tunnel
                && "POST".equals(method)
                && path != null
                && path.dialect().strict();
    }

    /** What the path says that the body speaks; null where it does not, or where the method is not that of its API. */
    private @Nullable Dialect spoken() {
        boolean other = method != null && !method.equals("POST");
        return path == null || path.dialect() == Dialect.PASSTHROUGH || other ? null : path.dialect();
    }

    /**
     * How to read the body: by the path of a {@code POST}, whatever a gateway puts in front of it, else by its content type and shape. A guess
     * refuses nobody.
     *
     * @param bytes the body's beginning
     */
    BodyFormat format(byte[] bytes, int offset, int length) {
        if (encoded) {
            return BodyFormat.of(Dialect.PASSTHROUGH);
        }
        var spoken = spoken();
        if (spoken != null) {
            return BodyFormat.of(spoken, contentType);
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
        private final HeaderReader said;
        private @Nullable String method;
        private @Nullable String contentType;
        private List<String> removed = List.of();

        Reader(TrafficRules rules) {
            said = new HeaderReader(Door.PICKER, true, rules);
        }

        void read(HeaderValue header) {
            String name = lower(header.getKey());
            if (said.wants(name)) {
                said.other(name, value(header));
            }
            switch (name) {
                case ":path" -> path = value(header);
                case ":method" -> {
                    method = value(header);
                    tunnel |= method.equals("CONNECT");
                }
                case "upgrade" -> tunnel = true;
                case "content-encoding" -> {
                    String coding = value(header);
                    encoded = !coding.isBlank() && !coding.strip().equalsIgnoreCase("identity");
                }
                case "content-length" -> measured = true;
                case "content-type" -> contentType = value(header);
                default -> routing(header, name);
            }
        }

        private void routing(HeaderValue header, String name) {
            var row = RoutingHeader.of(name);
            if (row == null) {
                return;
            }
            if (row.at(Door.PICKER).read()) {
                said.read(row, name, value(header));
            }
            if (!row.at(Door.PICKER).passed(true)) {
                if (removed.isEmpty()) {
                    removed = new ArrayList<>();
                }
                if (!removed.contains(header.getKey())) {
                    removed.add(header.getKey());
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

        RequestHead head(boolean end, @Nullable List<String> subset) {
            var parts = path == null ? null : RequestPath.of(path);
            return new RequestHead(
                    end,
                    tunnel,
                    parts,
                    path == null || parts == null || parts.dialect() == Dialect.PASSTHROUGH ? null : unslashed(path),
                    encoded,
                    measured,
                    contentType,
                    ErrorShape.of(parts, said.value(RoutingHeader.ANTHROPIC_VERSION)),
                    method,
                    said.headers(),
                    said.value(RoutingHeader.GATEWAY_MODEL),
                    said.value(RoutingHeader.REWRITE),
                    said.value(RoutingHeader.TRACEPARENT),
                    said.value(RoutingHeader.TRACESTATE),
                    said.value(RoutingHeader.TEST_SELECTION),
                    removed,
                    subset);
        }

        private static @Nullable String unslashed(String path) {
            int query = path.indexOf('?');
            int end = query < 0 ? path.length() : query;
            return path.charAt(end - 1) == '/' ? path.substring(0, end - 1) + path.substring(end) : null;
        }
    }
}
