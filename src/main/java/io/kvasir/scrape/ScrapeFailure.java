package io.kvasir.scrape;

/** Why an endpoint's answer could not be used. */
public enum ScrapeFailure {
    /** Nobody could be connected to: refused, unreachable, no such host, or not within the time for it. */
    CONNECT("connect"),
    /** No agreement on TLS, or a certificate that is not trusted. */
    TLS("tls"),
    /** No complete answer in time. */
    TIMEOUT("timeout"),
    /** The connection ended before the answer did. */
    CUT("cut"),
    /** An answer, but not 200. */
    STATUS("status"),
    /** 401 or 403: a key is demanded, or another one. */
    UNAUTHORIZED("unauthorized"),
    /** Not HTTP/1, or an answer that goes on behind its end. */
    MALFORMED("malformed"),
    /** Larger than the limit. */
    TOO_LARGE("too-large"),
    /** Compressed, though nobody asked for that. */
    ENCODED("encoded"),
    /** Complete, but nothing in it that was looked for. */
    UNRECOGNISED("unrecognised");

    private final String code;

    ScrapeFailure(String code) {
        this.code = code;
    }

    /** Why an answer of that status is of no use. */
    static ScrapeFailure of(int status) {
        return status == 401 || status == 403 ? UNAUTHORIZED : STATUS;
    }

    /** Whether a list of models that was not had for this reason cannot be had, rather than that nobody is there. */
    boolean tellsOfLists() {
        return switch (this) {
            case CONNECT, TLS, CUT -> false;
            case TIMEOUT, STATUS, UNAUTHORIZED, MALFORMED, TOO_LARGE, ENCODED, UNRECOGNISED -> true;
        };
    }

    /** Stable name in metrics and logs. */
    public String code() {
        return code;
    }
}
