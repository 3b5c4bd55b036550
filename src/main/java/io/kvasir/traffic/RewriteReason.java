package io.kvasir.traffic;

/** Why a request goes to the model it goes to; the codes are stable names in metrics and logs. */
public enum RewriteReason {
    /** To the one it names. */
    NONE("none"),
    /** A rule says so. */
    RULE("rule"),
    /** A header says so, and no rule is for the request. */
    HEADER("header"),
    /** A rule is for the request, but its body cannot be changed. */
    BODY_UNREADABLE("body-unreadable");

    private final String code;

    RewriteReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
