package io.kvasir.route;

/** How a booked request ended; the codes are stable names in metrics. */
public enum Outcome {
    COMPLETED("completed"),
    /** The client left before the end. */
    CLIENT_GONE("client-gone"),
    /** No endpoint could be connected to. */
    CONNECT_FAILED("connect-failed"),
    /** The endpoint broke the connection or its answer. */
    UPSTREAM_RESET("upstream-reset"),
    /** The endpoint did not begin to answer within the time that an operator set. */
    FIRST_BYTE_TIMEOUT("first-byte-timeout"),
    /** The endpoint was given up while the first byte of its answer was awaited: it is dead, gone or silent. */
    ENDPOINT_LOST("endpoint-lost"),
    /** The endpoint answered 5xx. */
    UPSTREAM_ERROR("upstream-error"),
    /** The endpoint answered 4xx. */
    REFUSED_BY_ENGINE("refused-by-engine"),
    /** It had to make room for others before its client was told anything. */
    EVICTED("evicted"),
    /** Nobody tells when it ends, and its predicted time has passed. */
    EXPIRED("expired"),
    /** Kvasir stopped before its end. */
    SHUTDOWN("shutdown");

    private final String code;

    Outcome(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
