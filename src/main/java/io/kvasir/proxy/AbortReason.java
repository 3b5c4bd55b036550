package io.kvasir.proxy;

/** Why an exchange ended without a complete answer; the codes are stable names in metrics. */
public enum AbortReason {
    /** The client closed its connection. */
    CLIENT_GONE("client-gone"),
    /** The endpoint broke off an answer that had begun, or lied about its length. */
    UPSTREAM_RESET("upstream-reset"),
    /** No byte moved for too long while an answer was passed on: the client does not read, or the endpoint fell silent. */
    IDLE("idle"),
    /** Kvasir stopped and the answer took longer than the drain. */
    SHUTDOWN("shutdown");

    private final String code;

    AbortReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
