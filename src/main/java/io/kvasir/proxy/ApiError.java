package io.kvasir.proxy;

import io.kvasir.request.ErrorBody;
import io.kvasir.request.ErrorShape;
import io.kvasir.schedule.Rejection;
import org.jspecify.annotations.Nullable;

/**
 * An error of ours, to be worded as the API that the client speaks.
 *
 * @param status HTTP status
 * @param type kind of error, such as {@code invalid_request_error}
 * @param code what exactly, null for nothing more exact
 * @param param the member of the request at fault, null for none
 * @param message one line for the client
 */
record ApiError(
        int status,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message) {
    private static final String INVALID = "invalid_request_error";
    private static final String UNAVAILABLE = "service_unavailable_error";

    static ApiError of(Rejection rejection) {
        return new ApiError(
                rejection.status(), rejection.type(), rejection.code(), rejection.param(), rejection.message());
    }

    static ApiError invalid(int status, String code, String message) {
        return new ApiError(status, INVALID, code, null, message);
    }

    static ApiError malformed(long offset, String reason) {
        return new ApiError(
                400,
                INVALID,
                "malformed_body",
                "body." + offset,
                "The body cannot be read: " + reason + " at byte " + offset + ".");
    }

    static ApiError unknownPath(String method, String path) {
        return invalid(404, "unknown_url", "Unknown request URL: " + method + " " + path + ".");
    }

    static ApiError wrongMethod(String method, String path, String allowed) {
        return invalid(405, "method_not_allowed", path + " does not take " + method + "; allowed: " + allowed + ".");
    }

    static ApiError unknownMethod(String method) {
        return invalid(501, "method_not_implemented", "The method " + method + " is not passed to engines.");
    }

    static ApiError unavailable(String code, String message) {
        return new ApiError(503, UNAVAILABLE, code, null, message);
    }

    static ApiError badGateway(String message) {
        return new ApiError(502, "upstream_error", "bad_gateway", null, message);
    }

    /** The body of the answer. */
    String toJson(ErrorShape shape, String requestId) {
        return ErrorBody.json(shape, status, message, type, param, code, requestId);
    }
}
