package io.kvasir.schedule;

/** Why a request was not routed; the codes are stable names in headers, metrics and logs. */
public enum RejectReason {
    /** The request names no model and the pool does not tell which. */
    MODEL_MISSING("model-missing"),
    /** What names the model cannot be a name. */
    MODEL_INVALID("model-invalid"),
    /** The path is for one model, and the request names another. */
    MODEL_MISMATCH("model-mismatch"),
    /** No endpoint serves the model. */
    MODEL_UNKNOWN("model-unknown"),
    /** The prompt, given as token ids, is longer than any endpoint can take. */
    CONTEXT_EXCEEDED("context-exceeded"),
    /** The pool has no endpoints. */
    POOL_EMPTY("pool-empty"),
    /** All endpoints are asleep. */
    NONE_HEALTHY("none-healthy"),
    /** The endpoint that keeps what the request is about is down or asleep. */
    HOLDER_DOWN("holder-down"),
    /** No endpoint of the gateway's subset may serve it. */
    SUBSET_EMPTY("subset-empty"),
    /** No endpoint has the role that clients may be sent to. */
    ROLE_MISSING("role-missing"),
    /** A filter of the configured profile left nobody. */
    FILTERED("filtered");

    private final String code;

    RejectReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
