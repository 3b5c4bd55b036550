package io.kvasir.proxy;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;

/**
 * Why the wait for the first byte of an answer was ended. Whoever waits is told so and nothing is sent again: the engine
 * may have computed for all that time. The codes are stable names in metrics.
 */
enum WaitEnd {
    /** Its port refuses connections, and nothing came from it on any other. */
    REFUSED("refused", 502, "The endpoint is gone; try again."),
    /** It left the pool, and nothing came from it since. */
    LEFT("left", 502, "The endpoint has left the pool; try again."),
    /** It answers no probes, and nothing came from it on any connection. */
    SILENT("silent", 504, "The endpoint no longer answers; try again."),
    /** It took longer than the operator allows. */
    TIMEOUT("first-byte-timeout", 504, "The endpoint did not begin to answer in time.");

    private final String code;
    private final int status;
    private final String message;

    WaitEnd(String code, int status, String message) {
        this.code = code;
        this.status = status;
        this.message = message;
    }

    String code() {
        return code;
    }

    Refusal refusal() {
        return status == 504 ? Refusals.endpointSilent(message) : Refusals.endpointFailed(message);
    }
}
