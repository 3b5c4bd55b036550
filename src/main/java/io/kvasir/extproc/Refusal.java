package io.kvasir.extproc;

import com.google.protobuf.ByteString;
import io.kvasir.extproc.wire.PickerMessage;
import io.kvasir.extproc.wire.proto.HeaderMutation;
import io.kvasir.extproc.wire.proto.HttpStatus;
import io.kvasir.extproc.wire.proto.ImmediateResponse;
import io.kvasir.extproc.wire.proto.ProcessingResponse;
import io.kvasir.request.ErrorBody;
import io.kvasir.request.ErrorShape;
import io.kvasir.request.MalformedBodyException;
import io.kvasir.request.RequestPath;
import io.kvasir.schedule.Rejection;
import org.jspecify.annotations.Nullable;

/**
 * A request that gets an answer of ours instead of an endpoint's. It goes out as an immediate response, which reaches the
 * client in fail-open and fail-close gateways alike; a gRPC error would make a fail-open gateway go around the picker.
 *
 * @param status HTTP status
 * @param reason stable name, in the reason header and in metrics
 * @param type error type as OpenAI's API names it
 * @param code error code as OpenAI's API names it, null for none
 * @param param the request member at fault, null for none
 * @param message one line for the client
 */
record Refusal(
        int status,
        String reason,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message) {
    private static final String INVALID = "invalid_request_error";
    private static final String UNAVAILABLE = "service_unavailable_error";
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE_STATUS = 503;
    private static final String RETRY_SECONDS = "1";

    /** The router's. */
    static Refusal of(Rejection rejection) {
        String reason = switch (rejection.reason()) {
            case POOL_EMPTY, NONE_HEALTHY, SUBSET_EMPTY, ROLE_MISSING -> "rejected-no-endpoints";
            default ->
                rejection.status() == TOO_MANY_REQUESTS
                        ? "rejected-saturated"
                        : rejection.reason().code();
        };
        return new Refusal(
                rejection.status(), reason, rejection.type(), rejection.code(), rejection.param(), rejection.message());
    }

    /** What no path may ask for; null where it may. */
    static @Nullable Refusal of(@Nullable RequestPath path) {
        if (path == null) {
            return null;
        }
        if (path.problem() != null) {
            return new Refusal(
                    400,
                    "path-ambiguous",
                    INVALID,
                    "invalid_url",
                    null,
                    "the request URL is ambiguous: " + path.problem());
        }
        return path.oneReplica()
                ? new Refusal(
                        404,
                        "path-of-one-replica",
                        INVALID,
                        "unknown_url",
                        null,
                        "the request URL is about one replica, which is no client's business")
                : null;
    }

    static Refusal malformed(MalformedBodyException e) {
        return new Refusal(
                400,
                "body-malformed",
                INVALID,
                "malformed_body",
                null,
                "the body is not valid at byte " + e.offset() + ": " + e.reason());
    }

    static Refusal tooLong(long limit) {
        return new Refusal(
                413,
                "body-too-long",
                INVALID,
                "body_too_long",
                null,
                "the body is longer than " + limit + " bytes and names no model to route by in its beginning");
    }

    /** @param answering whether it is the engine's answer */
    static Refusal messageTooLong(boolean answering) {
        return answering
                ? new Refusal(
                        502,
                        "answer-too-long",
                        "server_error",
                        "answer_too_long",
                        null,
                        "the answer came in one message, longer than the router takes")
                : new Refusal(
                        413,
                        "body-too-long",
                        INVALID,
                        "body_too_long",
                        null,
                        "the body came in one message, longer than the router takes");
    }

    /** A body with its model replaced, in a mode in which it goes out in one message. */
    static Refusal replacedTooLong(boolean answering, int limit) {
        return new Refusal(
                answering ? 502 : 413,
                "replaced-body-too-long",
                answering ? "server_error" : INVALID,
                "replaced_body_too_long",
                null,
                "with its model replaced the " + (answering ? "answer" : "body") + " is longer than " + limit
                        + " bytes, and the router may not send more in one message");
    }

    static Refusal unreadable() {
        return new Refusal(
                400,
                "protocol-violation",
                INVALID,
                "protocol_violation",
                null,
                "the proxy sent a message that cannot be read");
    }

    static Refusal overloaded() {
        return new Refusal(
                UNAVAILABLE_STATUS,
                "rejected-saturated",
                UNAVAILABLE,
                "overloaded",
                null,
                "too many request bodies are being read; try again");
    }

    /** Nothing came for a long time. */
    static Refusal silent() {
        return new Refusal(
                408, "body-stalled", INVALID, "body_stalled", null, "the rest of the request did not come in time");
    }

    static Refusal outOfOrder(String what) {
        return new Refusal(
                400,
                "protocol-violation",
                INVALID,
                "protocol_violation",
                null,
                "the proxy sent " + what + " out of order");
    }

    static Refusal internal() {
        return new Refusal(
                500, "internal-error", "server_error", "internal_error", null, "the router failed on this request");
    }

    static Refusal shuttingDown() {
        return new Refusal(
                503,
                "rejected-shutting-down",
                UNAVAILABLE,
                "shutting_down",
                null,
                "the router is shutting down; try again");
    }

    /** As a message, the last of its stream. */
    PickerMessage answer(ErrorShape shape, @Nullable String requestId) {
        var headers = HeaderMutation.newBuilder()
                .addSetHeaders(Answers.header("content-type", "application/json"))
                .addSetHeaders(Answers.header(Names.DROPPED_REASON, reason));
        if (status == TOO_MANY_REQUESTS || status == UNAVAILABLE_STATUS) {
            headers.addSetHeaders(Answers.header("retry-after", RETRY_SECONDS));
        }
        return new PickerMessage.Built(ProcessingResponse.newBuilder()
                .setImmediateResponse(ImmediateResponse.newBuilder()
                        .setStatus(HttpStatus.newBuilder().setCode(status))
                        .setHeaders(headers)
                        .setBody(ByteString.copyFromUtf8(
                                ErrorBody.json(shape, status, message, type, param, code, requestId)))
                        .setDetails("kvasir_" + reason.replace('-', '_')))
                .build());
    }
}
