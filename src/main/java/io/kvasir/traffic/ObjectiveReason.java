package io.kvasir.traffic;

/** Where a request's priority comes from; the codes are stable names in metrics and logs. */
public enum ObjectiveReason {
    /** It names no objective. */
    NONE("none"),
    /** The objective that it names. */
    FOUND("found"),
    /** There is no objective of the name that it gives. */
    UNKNOWN("unknown");

    private final String code;

    ObjectiveReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
