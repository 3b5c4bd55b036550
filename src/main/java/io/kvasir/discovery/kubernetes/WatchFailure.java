package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** Why objects could not be listed or watched. */
public enum WatchFailure {
    /** The version to go on from is no longer kept (410); everything is listed again. */
    GONE("gone"),
    /** The service account may not (403). */
    FORBIDDEN("forbidden"),
    /** The token is not accepted (401). */
    UNAUTHORIZED("unauthorized"),
    /** The kind does not exist: its definition is not installed (404). */
    NOT_FOUND("not_found"),
    /** The API server asks to be left alone for a while (429). */
    THROTTLED("throttled"),
    /** The API server failed (5xx). */
    SERVER_ERROR("server_error"),
    /** No answer: refused, reset, timed out. */
    UNREACHABLE("unreachable"),
    /** A watch ended as soon as it began. */
    ENDED("ended"),
    /** An answer that is none. */
    MALFORMED("malformed");

    private final String code;

    WatchFailure(String code) {
        this.code = code;
    }

    /** The name in metrics and log lines. */
    public String code() {
        return code;
    }

    /** Whether the kind is not to be had here, as opposed to not at the moment. */
    boolean off() {
        return this == FORBIDDEN || this == NOT_FOUND;
    }

    /** Whether the server is not there or not well; what it was asked for is not to blame. */
    boolean serverDown() {
        return this == UNREACHABLE || this == SERVER_ERROR || this == THROTTLED;
    }

    static WatchFailure of(Throwable failure) {
        if (failure instanceof EndedException) {
            return ENDED;
        }
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof KubernetesClientException refused && refused.getCode() > 0) {
                return ofStatus(refused.getCode());
            }
        }
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof com.fasterxml.jackson.core.JacksonException) {
                return MALFORMED;
            }
        }
        return failure instanceof KubernetesClientException ? UNREACHABLE : MALFORMED;
    }

    private static WatchFailure ofStatus(int status) {
        return switch (status) {
            case 401 -> UNAUTHORIZED;
            case 403 -> FORBIDDEN;
            case 404 -> NOT_FOUND;
            case 410 -> GONE;
            case 429 -> THROTTLED;
            default -> status >= 500 ? SERVER_ERROR : MALFORMED;
        };
    }
}
