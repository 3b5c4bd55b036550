package io.kvasir.schedule;

import io.kvasir.request.ErrorBody;
import org.jspecify.annotations.Nullable;

/**
 * A request that is not routed, as the client is to be told: the fields of an OpenAI error.
 *
 * @param status HTTP status
 * @param type error type such as {@code invalid_request_error}
 * @param code error code, null for none
 * @param param the request member at fault, null for none
 * @param message one line for the client
 */
public record Rejection(
        int status,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message,
        RejectReason reason) {

    /** A 503: the pool, not the request, is at fault. */
    public static Rejection unavailable(String message, RejectReason reason) {
        return new Rejection(503, "service_unavailable_error", "service_unavailable", null, message, reason);
    }

    /** A refusal whose fault is the request's. */
    public static Rejection invalid(
            int status, String code, @Nullable String param, String message, RejectReason reason) {
        return new Rejection(status, "invalid_request_error", code, param, message, reason);
    }

    /** The body of the answer: {@code {"error":{…}}}. */
    public String toJson() {
        return ErrorBody.json(message, type, param, code);
    }
}
