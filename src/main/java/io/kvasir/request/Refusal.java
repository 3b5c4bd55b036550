package io.kvasir.request;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A request that gets an answer of ours instead of an endpoint's, whole but for its wire: doors encode it and add nothing.
 * {@link Refusals} makes them.
 *
 * @param reason says status, type, code and the reason header
 * @param param the member of the request at fault, null for none
 * @param message one line for the client
 * @param retryAfterMillis ms after which to try again, 0 where trying again changes nothing
 */
public record Refusal(RefusalReason reason, @Nullable String param, String message, long retryAfterMillis) {
    /** The header that says why, as llm-d names it. */
    public static final String REASON_HEADER = "x-llm-d-request-dropped-reason";

    private static final int SOON = 1_000;

    /** With the time after which to try again that the reason suggests. */
    Refusal(RefusalReason reason, @Nullable String param, String message) {
        this(reason, param, message, reason.passes() ? SOON : 0);
    }

    /** Whole seconds after which to try again, rounded up; 0 where trying again changes nothing. */
    public long retryAfter() {
        return Math.ceilDiv(retryAfterMillis, 1_000);
    }

    /** The HTTP status. */
    public int status() {
        return reason.status();
    }

    /** Visits the answer's headers, but for its length. */
    public void forEachHeader(BiConsumer<String, String> visitor) {
        visitor.accept("content-type", "application/json");
        visitor.accept(REASON_HEADER, reason.header());
        if (retryAfterMillis > 0) {
            visitor.accept("retry-after", Long.toString(retryAfter()));
            visitor.accept("retry-after-ms", Long.toString(retryAfterMillis));
        }
    }

    /**
     * The answer's body.
     *
     * @param shape how the client reads errors
     * @param requestId null where the request has none
     */
    public String json(ErrorShape shape, @Nullable String requestId) {
        return ErrorBody.json(shape, status(), message, reason.type(), param, reason.errorCode(), requestId);
    }
}
