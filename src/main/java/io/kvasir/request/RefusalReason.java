package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/**
 * Why a request gets an answer of ours instead of an endpoint's, and all that follows from that alone: the same at every
 * door. The codes are stable names in metrics and logs.
 */
public enum RefusalReason {
    /** The request names no model and the pool does not tell which. */
    MODEL_MISSING("model-missing", By.ROUTER, 400, Kind.INVALID, "model_missing"),
    /** What names the model cannot be a name. */
    MODEL_INVALID("model-invalid", By.ROUTER, 400, Kind.INVALID, "model_invalid"),
    /** The path is for one model, and the request names another. */
    MODEL_MISMATCH("model-mismatch", By.ROUTER, 400, Kind.INVALID, "model_mismatch"),
    /** No endpoint serves the model. */
    MODEL_UNKNOWN("model-unknown", By.ROUTER, 404, Kind.INVALID, "model_not_found"),
    /** The prompt, given as token ids, is longer than any endpoint can take. */
    CONTEXT_EXCEEDED("context-exceeded", By.ROUTER, 400, Kind.INVALID, "context_length_exceeded"),
    /** The pool has no endpoints. */
    POOL_EMPTY("pool-empty", By.ROUTER, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE, Dropped.NO_ENDPOINTS),
    /** All endpoints are asleep. */
    NONE_HEALTHY("none-healthy", By.ROUTER, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE, Dropped.NO_ENDPOINTS),
    /** The endpoint that keeps what the request is about is down or asleep. */
    HOLDER_DOWN("holder-down", By.ROUTER, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE),
    /** No endpoint of the gateway's subset may serve it. */
    SUBSET_EMPTY("subset-empty", By.ROUTER, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE, Dropped.NO_ENDPOINTS),
    /** No endpoint has the role that clients may be sent to. */
    ROLE_MISSING("role-missing", By.ROUTER, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE, Dropped.NO_ENDPOINTS),
    /** A filter of the configured profile left nobody. */
    FILTERED("filtered", By.ROUTER, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE),
    /** Too many requests wait to be let in. */
    SATURATED("saturated", By.ROUTER, 429, Kind.OVERLOADED, "saturated", Dropped.SATURATED),
    /** It waited to be let in for as long as it may. */
    WAIT_EXPIRED("wait-expired", By.ROUTER, 429, Kind.OVERLOADED, "wait_expired", Dropped.EXPIRED),
    /** It was in flight and had to make room for requests that matter more. */
    EVICTED("evicted", By.ROUTER, 429, Kind.OVERLOADED, "evicted", Dropped.EVICTED),

    /** The body is no JSON object, or of no known shape. */
    BODY_MALFORMED("body-malformed", By.DOORS, 400, Kind.INVALID, "malformed_body"),
    /** The body is longer than is taken. */
    BODY_TOO_LONG("body-too-long", By.DOORS, 413, Kind.INVALID, "request_too_large"),
    /** The rest of the body did not come in time. */
    BODY_STALLED("body-stalled", By.DOORS, 408, Kind.INVALID, "request_timeout"),
    /** There is no memory for one more body. */
    MEMORY_FULL("memory-full", By.DOORS, 503, Kind.UNAVAILABLE, Codes.OVERLOADED, Dropped.SATURATED),
    /** Two readers could take the path for two. */
    PATH_AMBIGUOUS("path-ambiguous", By.DOORS, 400, Kind.INVALID, "invalid_url"),
    /** The path is about a single replica. */
    PATH_OF_ONE_REPLICA("path-of-one-replica", By.DOORS, 404, Kind.INVALID, Codes.UNKNOWN_URL),
    /** The router stops. */
    SHUTTING_DOWN("shutting-down", By.DOORS, 503, Kind.UNAVAILABLE, "shutting_down", Dropped.SHUTTING_DOWN),
    /** A fault of ours. */
    INTERNAL_ERROR("internal-error", By.DOORS, 500, Kind.SERVER, "internal_error"),

    /** Nothing is served under the path. */
    PATH_UNKNOWN("path-unknown", By.PROXY, 404, Kind.INVALID, Codes.UNKNOWN_URL),
    /** The path does not take the method. */
    METHOD_NOT_ALLOWED("method-not-allowed", By.PROXY, 405, Kind.INVALID, "method_not_allowed"),
    /** No engine is asked with that method. */
    METHOD_UNKNOWN("method-unknown", By.PROXY, 501, Kind.INVALID, "method_not_implemented"),
    /** The connection was to become a websocket. */
    WEBSOCKET("websocket", By.PROXY, 501, Kind.INVALID, "websocket_not_supported"),
    /** Nobody can tell where the body ends. */
    TRANSFER_CODING_UNKNOWN("transfer-coding-unknown", By.PROXY, 501, Kind.INVALID, "transfer_coding_unknown"),
    /** The headers are longer than is taken. */
    HEADERS_TOO_LARGE("headers-too-large", By.PROXY, 431, Kind.INVALID, "headers_too_large"),
    /** The request line is longer than is taken. */
    URL_TOO_LONG("url-too-long", By.PROXY, 414, Kind.INVALID, "url_too_long"),
    /** It is not HTTP. */
    REQUEST_MALFORMED("request-malformed", By.PROXY, 400, Kind.INVALID, "malformed_request"),
    /** No endpoint may be sent requests, as the check of the pool's health says. */
    NOT_SERVING("not-serving", By.PROXY, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE, Dropped.NO_ENDPOINTS),
    /** No connection to an endpoint can be made. */
    UNREACHABLE("unreachable", By.PROXY, 503, Kind.UNAVAILABLE, Codes.UNAVAILABLE, Dropped.NO_ENDPOINTS),
    /** Too many requests wait for a connection to the endpoint. */
    CONNECTIONS_FULL("connections-full", By.PROXY, 503, Kind.UNAVAILABLE, Codes.OVERLOADED, Dropped.SATURATED),
    /** The endpoint broke off, or what it sends is no answer. */
    ENDPOINT_FAILED("endpoint-failed", By.PROXY, 502, Kind.UPSTREAM, "bad_gateway"),
    /** The endpoint does not take the request, or does not answer. */
    ENDPOINT_SILENT("endpoint-silent", By.PROXY, 504, Kind.UPSTREAM, "gateway_timeout"),

    /** A message that cannot be read, or that should not have come. */
    PROTOCOL_VIOLATION("protocol-violation", By.PICKER, 400, Kind.INVALID, "protocol_violation"),
    /** An answer in one message, longer than is taken. */
    ANSWER_TOO_LONG("answer-too-long", By.PICKER, 502, Kind.SERVER, "answer_too_long"),
    /** With its model replaced the body is longer than may be sent in one message. */
    REPLACED_BODY_TOO_LONG("replaced-body-too-long", By.PICKER, 413, Kind.INVALID, Codes.REPLACED_TOO_LONG),
    /** With its model replaced the answer is longer than may be sent in one message. */
    REPLACED_ANSWER_TOO_LONG(
            "replaced-answer-too-long", By.PICKER, 502, Kind.SERVER, Codes.REPLACED_TOO_LONG, "replaced-body-too-long");

    /** Who finds the fault. */
    public enum By {
        /** The router, for either door. */
        ROUTER("both, by the router"),
        /** Either door. */
        DOORS("both"),
        /** The HTTP proxy alone: gateways see to it themselves, or it cannot be seen from behind one. */
        PROXY("proxy"),
        /** The endpoint picker alone. */
        PICKER("picker");

        private final String words;

        By(String words) {
            this.words = words;
        }

        /** As documentation says it. */
        public String words() {
            return words;
        }
    }

    /** Kinds of errors. */
    private static final class Kind {
        static final String INVALID = "invalid_request_error";
        static final String UNAVAILABLE = "service_unavailable_error";
        static final String OVERLOADED = "overloaded_error";
        static final String SERVER = "server_error";
        static final String UPSTREAM = "upstream_error";
    }

    /** Codes of several reasons. */
    private static final class Codes {
        static final String UNAVAILABLE = "service_unavailable";
        static final String OVERLOADED = "overloaded";
        static final String UNKNOWN_URL = "unknown_url";
        static final String REPLACED_TOO_LONG = "replaced_body_too_long";
    }

    /** The reason header's values that other pickers have too. */
    private static final class Dropped {
        static final String NO_ENDPOINTS = "rejected-no-endpoints";
        static final String EVICTED = "evicted-priority";
        static final String EXPIRED = "rejected-ttl-expired";
        static final String SATURATED = "rejected-saturated";
        static final String SHUTTING_DOWN = "rejected-shutting-down";
    }

    private final String code;
    private final By by;
    private final int status;
    private final String type;
    private final String errorCode;
    private final String header;

    RefusalReason(String code, By by, int status, String type, String errorCode) {
        this(code, by, status, type, errorCode, null);
    }

    RefusalReason(String code, By by, int status, String type, String errorCode, @Nullable String header) {
        this.code = code;
        this.by = by;
        this.status = status;
        this.type = type;
        this.errorCode = errorCode;
        this.header = header == null ? code : header;
    }

    public String code() {
        return code;
    }

    public By by() {
        return by;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The error's type, as OpenAI's API names it. */
    public String type() {
        return type;
    }

    /** The error's code, as OpenAI's API names it. */
    public String errorCode() {
        return errorCode;
    }

    /** The value of {@link Refusal#REASON_HEADER}: a word of llm-d's where it has one, else the code. */
    public String header() {
        return header;
    }

    /** Whether another try may succeed soon, without a change of the request. */
    public boolean passes() {
        return status == 503 || status == 429;
    }
}
