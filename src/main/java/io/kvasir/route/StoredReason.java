package io.kvasir.route;

/** Where a request for something stored went; the codes are stable names in metrics. */
public enum StoredReason {
    /** To the endpoint that keeps it. */
    HOLDER("holder"),
    /** Anywhere: nobody saw who keeps it. */
    UNKNOWN("unknown"),
    /** Anywhere: the endpoint that kept it has left the pool. */
    GONE("gone"),
    /** Anywhere: the gateway does not allow the endpoint that keeps it. */
    NOT_ALLOWED("not-allowed"),
    /** Anywhere: the endpoint that keeps it does not serve the model that is asked for now. */
    OTHER_MODEL("other-model");

    private final String code;

    StoredReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
