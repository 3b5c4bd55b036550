package io.kvasir.route;

/**
 * Why a request is sent again: each time it is sure that no engine has begun to compute it. The codes are stable names in
 * metrics.
 */
public enum RetryReason {
    /** The endpoint refused the connection, or cannot be reached. */
    REFUSED("refused"),
    /** The connection was not made in time. */
    CONNECT_TIMEOUT("connect-timeout"),
    /** The endpoint answered that it is too busy, or too much waits for it already. */
    BACK_PRESSURE("back-pressure"),
    /** The endpoint answered that prompt and output are longer than it can hold; another one holds more. */
    CONTEXT("context"),
    /** A kept connection turned out to be closed: to the same endpoint, on a fresh one. */
    STALE_CONNECTION("stale-connection");

    private final String code;

    RetryReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
