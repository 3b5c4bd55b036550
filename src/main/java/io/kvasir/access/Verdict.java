package io.kvasir.access;

/** What became of a request to the management port. */
public enum Verdict {
    /** May pass. */
    ALLOWED("allowed", 200, ""),
    /** No bearer token was sent. */
    NO_TOKEN("no_token", 401, "a bearer token is needed"),
    /** The API server knows nobody with that token. */
    BAD_TOKEN("bad_token", 401, "the bearer token is not valid"),
    /** The token's owner may not ask that. */
    NOT_ALLOWED("not_allowed", 403, "access to this path is not granted"),
    /** No client certificate was sent where one is demanded. */
    NO_CERTIFICATE("no_certificate", 403, "a client certificate is needed"),
    /** Our own service account may not create reviews. */
    REVIEW_FORBIDDEN("review_forbidden", 403, "the router's service account may not review tokens"),
    /** The API server gave no usable answer in time. */
    REVIEW_UNAVAILABLE("review_unavailable", 503, "the token cannot be reviewed now"),
    /** Too many reviews wait already. */
    BUSY("busy", 503, "too many tokens wait for their review"),
    /** The program has not read yet who may pass. */
    STARTING("starting", 503, "not running yet");

    private final String code;
    private final int status;
    private final String message;

    Verdict(String code, int status, String message) {
        this.code = code;
        this.status = status;
        this.message = message;
    }

    /** Name in metrics and error bodies. */
    public String code() {
        return code;
    }

    /** HTTP status of the refusal. */
    int status() {
        return status;
    }

    /** For the client. */
    String message() {
        return message;
    }

    /** Whether it says something about the caller, and not about the moment. */
    boolean lasts() {
        return this == ALLOWED || this == BAD_TOKEN || this == NOT_ALLOWED;
    }
}
