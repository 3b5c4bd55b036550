package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HeaderValue;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.request.RequestPath;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request's headers tell. Proxies put values into either of two fields, and some send no pseudo headers.
 *
 * @param end whether no body follows
 * @param tunnel whether bytes only flow once the server agreed: an upgrade or CONNECT
 * @param path the dialect by the path; null where the proxy sends no path
 * @param encoded whether the body is compressed, so that nothing can be read from it
 * @param measured whether the headers tell the body's length
 * @param headers what routing wants to know
 * @param model the model named by an earlier filter of the gateway; null for none
 * @param rewrite the model that a header demands instead of the body's; null for none
 * @param selection the conformance suite's list of endpoints; null for none
 * @param routing names of headers to be taken out, see {@link Names#ROUTING_HEADERS}
 * @param subset the endpoints that the proxy allows; null for all
 */
record RequestHead(
        boolean end,
        boolean tunnel,
        @Nullable RequestPath path,
        boolean encoded,
        boolean measured,
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

    /** The dialect to read the body in. */
    Dialect dialect(byte[] bytes, int offset, int length) {
        if (encoded) {
            return Dialect.PASSTHROUGH;
        }
        return path == null ? DialectGuess.of(bytes, offset, length) : path.dialect();
    }

    /** The model for a body that names none. */
    @Nullable
    String pathModel() {
        return path != null && path.model() != null ? path.model() : model;
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
        private List<String> routing = List.of();

        void read(HeaderValue header) {
            switch (header.getKey()) {
                case ":path" -> path = value(header);
                case ":method" -> tunnel |= value(header).equals("CONNECT");
                case "upgrade" -> tunnel = true;
                case "content-encoding" -> encoded = !value(header).equals("identity");
                case "content-length" -> measured = true;
                case "x-request-id" -> requestId = value(header);
                case "x-session-id" -> session = value(header);
                case "x-llm-d-inference-objective" -> objective = value(header);
                case "x-gateway-inference-objective" -> oldObjective = value(header);
                case "x-llm-d-inference-fairness-id" -> fairness = value(header);
                case "x-gateway-inference-fairness-id" -> oldFairness = value(header);
                case "x-llm-d-model-name-rewrite" -> rewrite = value(header);
                case "x-gateway-model-name-rewrite" -> oldRewrite = value(header);
                case "x-llm-d-slo-ttft-ms" -> ttft = seconds(header);
                case "x-slo-ttft-ms" -> oldTtft = seconds(header);
                case "x-llm-d-slo-tpot-ms" -> tpot = seconds(header);
                case "x-slo-tpot-ms" -> oldTpot = seconds(header);
                case "x-gateway-model-name" -> model = value(header);
                default -> routing(header);
            }
        }

        private void routing(HeaderValue header) {
            if (header.getKey().startsWith("x-") && !Names.ROUTING_HEADERS.contains(header.getKey())) {
                return;
            }
            if (Names.ROUTING_HEADERS.contains(header.getKey())) {
                if (routing.isEmpty()) {
                    routing = new ArrayList<>();
                }
                routing.add(header.getKey());
                if (header.getKey().equals(Names.TEST_SELECTION)) {
                    selection = value(header);
                }
            }
        }

        private static double seconds(HeaderValue header) {
            try {
                return Double.parseDouble(value(header)) * MILLIS;
            } catch (NumberFormatException e) {
                return Double.NaN;
            }
        }

        RequestHead head(boolean end, @Nullable List<String> subset) {
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
                    path == null ? null : RequestPath.of(path),
                    encoded,
                    measured,
                    headers.withSlo(Double.isNaN(ttft) ? oldTtft : ttft, Double.isNaN(tpot) ? oldTpot : tpot),
                    blankToNull(model),
                    blankToNull(rewrite != null ? rewrite : oldRewrite),
                    selection,
                    routing,
                    subset);
        }

        private static @Nullable String blankToNull(@Nullable String text) {
            return text == null || text.isBlank() ? null : text;
        }
    }
}
